"""Recognize reads of booleans and numbers, which are not secrets."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.secret_words import ACTIONS
from shield_ai.model.skip import SkipId
from shield_ai.model.words import words
from shield_ai.scan.python.candidates import is_number

if TYPE_CHECKING:
    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.readers import Reader

BOOLEANS = frozenset({"bool", "strtobool"})
NUMBERS = frozenset({"int", "float"})


def converters_of(node: ast.Call | ast.Subscript, reader: Reader) -> set[str]:
    """Return the type to which the method, the helper or the cast of a read converts it."""
    keywords = node.keywords if isinstance(node, ast.Call) else []
    cast = next((keyword.value for keyword in keywords if keyword.arg == "cast"), None)
    helper = reader.label.removesuffix("()")
    if helper.endswith("bool"):
        helper = "bool"
    return {reader.method, helper.rpartition("_")[2], cast.id if isinstance(cast, ast.Name) else ""}


def explain_flag_or_number(
    name: str, converters: set[str], default: ast.expr | None
) -> SkipReason | None:
    """Explain that a variable contains a boolean or a number; None for other types."""
    value = default.value if isinstance(default, ast.Constant) else None
    is_flag = value is True or (value is False and not ACTIONS.isdisjoint(words(name)[:1]))
    if converters & BOOLEANS or is_flag:
        return SkipId.HARMLESS_BOOLEAN.reason()
    if converters & NUMBERS and is_number(default):
        return SkipId.HARMLESS_NUMBER.reason()
    return None
