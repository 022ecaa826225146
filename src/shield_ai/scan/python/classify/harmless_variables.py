"""Recognize variables with harmless values, such as a boolean, a number, a path or a host."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from shield_ai.model.database_fields import database_field
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.secret_words import ACTIONS
from shield_ai.model.skip import SkipId
from shield_ai.model.words import words
from shield_ai.scan.python.classify.boolean_uses import boolean_expressions
from shield_ai.scan.python.classify.candidates import is_number
from shield_ai.scan.python.classify.label_defaults import explain_label
from shield_ai.scan.python.classify.path_uses import path_expressions, resource_names
from shield_ai.scan.python.readers.ast_walk import descend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.readers.known_readers import Reader

BOOLEANS = frozenset({"bool", "strtobool"})
NUMBERS = frozenset({"int", "float"})
SMALL = 1000  # a smaller number as a default is a count or a limit, not a secret


def converters_of(node: ast.Call | ast.Subscript, reader: Reader) -> set[str]:
    """Return the names that can tell to which type a read converts the value.

    These are the method, such as "bool" of `env.bool()`; the last word of the reading function,
    such as "int" of `get_int()`; and the function passed as `cast`. "" stands for a missing name.

    Args:
        node: The read.
        reader: The function or object that reads the variable.
    """
    keywords = node.keywords if isinstance(node, ast.Call) else []
    cast = next((keyword.value for keyword in keywords if keyword.arg == "cast"), None)
    helper = reader.label.removesuffix("()")
    if helper.endswith("bool"):
        helper = "bool"
    cast_name = cast.id if isinstance(cast, ast.Name) else ""
    return {reader.method, helper.rpartition("_")[2], cast_name}


def explain_harmless_type(
    name: str, converters: set[str], default: ast.expr | None
) -> SkipReason | None:
    """Return the reason to skip a variable with a harmless type or default; None for others.

    The value is a boolean or a number, or the default is a host or a label (see `explain_label`).

    Args:
        name: The variable.
        converters: From `converters_of`.
        default: The default of the read.
    """
    value = default.value if isinstance(default, ast.Constant) else None
    # False can also stand for a missing secret, so the name must also begin with a verb, as in
    # SEND_PASSWORD.
    is_flag = value is True or (value is False and not ACTIONS.isdisjoint(words(name)[:1]))
    if converters & BOOLEANS or is_flag:
        return SkipId.HARMLESS_BOOLEAN.reason()
    is_number_default = bool(converters & NUMBERS) and is_number(default)
    if (is_number_default or _is_small(value)) and not _is_database_port(name):
        return SkipId.HARMLESS_NUMBER.reason()
    return explain_label(name, default)


def _is_small(value: object) -> bool:
    return isinstance(value, int) and 0 < value < SMALL


def _is_database_port(name: str) -> bool:
    """Return whether a variable has the port of a database, which is moved with the password."""
    _, field = database_field(name) or ("", "")
    return field == "port"


def _converted_to_numbers(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield `x` of each `int(x)` and `float(x)`, and all operands of `int(x or 5)`."""
    for node in descend(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
            if node.func.id in NUMBERS:
                [argument] = node.args
                yield from argument.values if isinstance(argument, ast.BoolOp) else node.args


class ValueUses:
    """Finds expressions that a file uses as booleans, numbers, file paths or names of resources.

    The resources are databases and caches in the settings, and secrets and keys in AWS: see
    `resource_names`.

    Args:
        tree: The file.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree

    def explain(self, node: ast.expr, variable: str) -> SkipReason | None:
        """Return the reason to skip a boolean, a number, the name of a file or resource, or None.

        A URL is never the path of a file: db_path = os.environ["DATABASE_URL"].

        Args:
            node: The read.
            variable: The variable that it reads.
        """
        if node in self._booleans:
            return SkipId.HARMLESS_BOOLEAN.reason()
        if node in self._numbers and not _is_database_port(variable):
            return SkipId.HARMLESS_NUMBER.reason()
        if node in self._paths and meaning(variable) is not Meaning.URL:
            return SkipId.HARMLESS_PATH.reason()
        return SkipId.HARMLESS_ENTRY.reason() if node in self._resource_names else None

    @functools.cached_property
    def _booleans(self) -> set[ast.expr]:
        return boolean_expressions(self._tree)

    @functools.cached_property
    def _numbers(self) -> set[ast.expr]:
        return set(_converted_to_numbers(self._tree))

    @functools.cached_property
    def _paths(self) -> set[ast.expr]:
        return path_expressions(self._tree)

    @functools.cached_property
    def _resource_names(self) -> set[ast.expr]:
        return resource_names(self._tree)
