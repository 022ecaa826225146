"""Read the arguments of calls of the runtime."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.naming import env_var_name
from shield_ai.project.python_source import string_constant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.project.python_source import Source
    from shield_ai.project.secret_map import SecretMap


def calls_at(source: Source, positions: Iterable[tuple[int, int]]) -> Iterator[ast.Call]:
    """Yield the calls that start at the given lines and columns of the syntax tree."""
    wanted = set(positions)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and (node.lineno, node.col_offset) in wanted:
            yield node


def keyword_value(call: ast.Call, name: str) -> ast.expr | None:
    """Return the value of a keyword argument, or None if the call does not have it."""
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def variable_of_call(call: ast.Call, known: SecretMap | None = None) -> str:
    """Return the variable of a get_secret() call.

    Args:
        call: The call.
        known: The app's map file, if it has one.

    Returns:
        The `env` argument, or the variable in the map, or else the one that the name implies.
    """
    variable = string_constant(keyword_value(call, "env"))
    if variable:
        return variable
    name = string_constant(call.args[0]) or ""
    field = string_constant(keyword_value(call, "key"))
    reference = f"{name}:{field}" if field else name
    return (known.variable(reference) if known else "") or env_var_name(name.partition(":")[0])
