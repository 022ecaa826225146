"""Find where to insert a settings source in a pydantic class that customizes its sources."""

from __future__ import annotations

import ast
from typing import NamedTuple, cast

METHOD = "settings_customise_sources"
VARIABLES = "env_settings"  # pydantic's name for the source of environment variables


class CustomizedSources(NamedTuple):
    """The parts of the method that a rewrite needs."""

    settings: str  # the parameter with the settings class
    returned: ast.Return
    variables: ast.Name  # the source of environment variables in the returned tuple


def find_customized_sources(method: ast.FunctionDef) -> CustomizedSources | None:
    """Return the parts of a `settings_customise_sources` method; None if it is too complex.

    The method must end with its only return statement, on a separate line, which must return a
    tuple that contains `env_settings` once.
    """
    arguments = method.args
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    names = [parameter.arg for parameter in parameters]
    if method.name != METHOD or len(names) < 2 or VARIABLES not in names:
        return None
    returned = _single_return(method)
    if returned is None or not isinstance(returned.value, ast.Tuple):
        return None
    sources = [element for element in returned.value.elts if _is_variables(element)]
    if len(sources) != 1:
        return None
    return CustomizedSources(names[1], returned, cast("ast.Name", sources[0]))


def _is_variables(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == VARIABLES


def _single_return(method: ast.FunctionDef) -> ast.Return | None:
    """Return the only return statement, if it is the last statement and on a separate line."""
    returns = [node for node in ast.walk(method) if isinstance(node, ast.Return)]
    if len(returns) != 1 or returns[0] is not method.body[-1]:
        return None
    previous_line = method.body[-2].end_lineno if len(method.body) > 1 else method.lineno
    return None if returns[0].lineno == previous_line else returns[0]
