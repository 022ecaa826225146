"""List the variables of a pydantic class's fields that shield's settings source provides."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.settings_classes.settings_class import find_base
from shield_ai.scan.python.settings_classes.settings_readers import has_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.python.readers.resolve import Resolver
    from shield_ai.scan.python.settings_classes.settings_class import SettingsClass

MAX_NESTED = 3  # levels of models in models


def served_variables(resolver: Resolver, settings: SettingsClass) -> set[str]:
    """Return the variables of all fields, secret or not, that shield's settings source provides.

    Args:
        resolver: The resolver of a module.
        settings: A settings class.
    """
    if not settings.migrated:
        return set()
    found: set[str] = set()
    for home, base in settings.bases:
        found.update(_variables(resolver.in_module(home), settings, base, "", MAX_NESTED))
    return found & settings.migrated


def _variables(
    resolver: Resolver, settings: SettingsClass, node: ast.ClassDef, parents: str, levels: int
) -> Iterator[str]:
    for field in node.body:
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        name = field.target.id
        yield settings.variable(name, field.value, parents)
        if levels and settings.nested_delimiter and not has_alias(field.value):
            below = f"{parents}{name}{settings.nested_delimiter}"
            for home, model in _models(resolver, field.annotation):
                yield from _variables(home, settings, model, below, levels - 1)


def _models(resolver: Resolver, annotation: ast.expr) -> Iterator[tuple[Resolver, ast.ClassDef]]:
    """Yield the classes of the app that a type names, each with the resolver of its module."""
    tree = resolver.module.source.tree
    for part in ast.walk(annotation):
        if isinstance(part, (ast.Name, ast.Attribute)):
            found = find_base(resolver, resolver.module, part, (tree,))
            if not isinstance(found, str):
                yield resolver.in_module(found[0]), found[1]
