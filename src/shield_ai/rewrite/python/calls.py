"""Read the arguments of calls of the runtime."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.naming import env_var_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.project.python_source import Source


def calls_at(source: Source, positions: Iterable[tuple[int, int]]) -> Iterator[ast.Call]:
    """Yield the calls that start at the given lines and columns of the syntax tree."""
    wanted = set(positions)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and (node.lineno, node.col_offset) in wanted:
            yield node


def keyword_value(call: ast.Call, name: str) -> ast.expr | None:
    """Return the value of a keyword argument, or None if the call does not have it."""
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def string_value(node: ast.expr | None) -> str | None:
    """Return the value of a string literal, or None for other expressions."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def variable_of_call(call: ast.Call) -> str:
    """Return the variable of a get_secret() call: its `env` argument, or else from the name."""
    variable = string_value(keyword_value(call, "env"))
    return variable or env_var_name(string_value(call.args[0]) or "")
