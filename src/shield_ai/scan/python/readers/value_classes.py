"""Recognize the value classes of django-configurations, and classes that are derived from them.

https://django-configurations.readthedocs.io/en/latest/values/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.known_readers import Factory, Library

if TYPE_CHECKING:
    import ast

    from shield_ai.scan.python.readers.known_readers import Ref

MODULE = "configurations.values"


def is_value_class(dotted: str) -> bool:
    """Return whether a dotted path has the form of a value class, in any library."""
    module, _, name = dotted.rpartition(".")
    return name.endswith("Value") and f".{module}".endswith(".values")


def derived_class(base: Ref | None, node: ast.ClassDef) -> Ref | None:
    """Return what a class refers to if it inherits the reading of variables; else None.

    Args:
        base: The first base class that is known.
        node: The class.
    """
    if isinstance(base, Factory):
        return base
    if isinstance(base, Library) and is_value_class(base.path):
        module = base.path.rpartition(".")[0]
        return Library(f"{module}.{node.name}")
    return None
