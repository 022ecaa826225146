"""Recognize the variables that contain a boolean, a number, a path or the name of a database."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from shield_ai.model.database_fields import database_field
from shield_ai.model.secret_words import ACTIONS
from shield_ai.model.skip import SkipId
from shield_ai.model.words import words
from shield_ai.scan.python.candidates import is_number
from shield_ai.scan.python.path_uses import entry_names, path_expressions

if TYPE_CHECKING:
    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.readers import Reader

BOOLEANS = frozenset({"bool", "strtobool"})
NUMBERS = frozenset({"int", "float"})


def converters_of(node: ast.Call | ast.Subscript, reader: Reader) -> set[str]:
    """Return the type to which the method, the helper or the cast of a read converts it.

    Args:
        node: The read.
        reader: What it reads with.
    """
    keywords = node.keywords if isinstance(node, ast.Call) else []
    cast = next((keyword.value for keyword in keywords if keyword.arg == "cast"), None)
    helper = reader.label.removesuffix("()")
    if helper.endswith("bool"):
        helper = "bool"
    return {reader.method, helper.rpartition("_")[2], cast.id if isinstance(cast, ast.Name) else ""}


def explain_flag_or_number(
    name: str, converters: set[str], default: ast.expr | None
) -> SkipReason | None:
    """Explain that a variable contains a boolean or a number; None for other types.

    Args:
        name: The variable.
        converters: The types to which its value is converted.
        default: The default of the read.
    """
    value = default.value if isinstance(default, ast.Constant) else None
    is_flag = value is True or (value is False and not ACTIONS.isdisjoint(words(name)[:1]))
    if converters & BOOLEANS or is_flag:
        return SkipId.HARMLESS_BOOLEAN.reason()
    if converters & NUMBERS and is_number(default) and not _is_database_port(name):
        return SkipId.HARMLESS_NUMBER.reason()
    return None


def _is_database_port(name: str) -> bool:
    """Return whether a number belongs to the login of a database, like `DB_PORT`."""
    _, field = database_field(name) or ("", "")
    return field == "port"


class ValueUses:
    """The uses of values that are not secrets in a file.

    Args:
        tree: The file.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree

    def explain(self, node: ast.expr) -> SkipReason | None:
        """Explain that a value is used as a path or a name; None for other uses."""
        if node in self._paths:
            return SkipId.HARMLESS_PATH.reason()
        return SkipId.HARMLESS_ENTRY.reason() if node in self._entries else None

    @functools.cached_property
    def _paths(self) -> set[ast.expr]:
        return path_expressions(self._tree)

    @functools.cached_property
    def _entries(self) -> set[ast.expr]:
        return entry_names(self._tree)
