"""Recognize from the name that receives a value that it is a path or a public identifier."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.words import words
from shield_ai.scan.python.config.config_objects import OPENERS
from shield_ai.scan.python.config.names import FILE_ENDINGS, FILE_NAME
from shield_ai.scan.python.config.statements import dotted_name, own_expressions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COLLECTIONS = (ast.List, ast.Tuple, ast.Set)
DEFAULTS = frozenset({"default", "fallback"})
ENDINGS = FILE_ENDINGS | {"FILENAME", "ID"}
COOKIE_METHODS = (".set_cookie", ".delete_cookie")


class Receivers:
    """The names of the variables, arguments and keys that get the values in a statement.

    Args:
        statement: The statement.
    """

    def __init__(self, statement: ast.stmt) -> None:
        self._statement = statement

    @functools.cached_property
    def _names(self) -> dict[ast.expr, str]:
        return dict(_receivers(self._statement))

    def is_harmless(self, value: ast.expr) -> bool:
        """Return whether a value is used as a path, or as the ID of a client, or is a collection.

        Examples: `open(value)`, `key_file=value`, `{"client_id": value}` and `get("keys", [])`.

        Args:
            value: The read of the value.
        """
        if isinstance(value, ast.Call):
            if any(map(_is_file_default, value.keywords)) or _is_collection(value.args[1:]):
                return True
        name = self._names.get(value, "")
        return meaning(name) is Meaning.HARMLESS and not ENDINGS.isdisjoint(words(name)[-1:])


def _receivers(statement: ast.stmt) -> Iterator[tuple[ast.expr, str]]:
    if isinstance(statement, ast.Assign):
        yield statement.value, dotted_name(statement.targets[0]).rpartition(".")[2]
    for node in own_expressions(statement):
        if isinstance(node, ast.keyword):
            yield node.value, node.arg or ""
        elif isinstance(node, ast.Call) and node.args and _takes_name(node.func):
            yield node.args[0], "path"
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                yield value, str(getattr(key, "value", ""))


def _takes_name(function: ast.expr) -> bool:
    """Return whether the first argument of a function is the name of a file or a cookie."""
    name = dotted_name(function)
    return name in OPENERS or name.endswith(COOKIE_METHODS)


def _is_collection(defaults: Sequence[ast.expr]) -> bool:
    return bool(defaults) and isinstance(defaults[-1], COLLECTIONS)


def _is_file_default(keyword: ast.keyword) -> bool:
    value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
    return keyword.arg in DEFAULTS and isinstance(value, str) and bool(FILE_NAME.fullmatch(value))
