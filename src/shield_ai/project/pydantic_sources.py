"""Find where to insert a settings source in a pydantic class that customizes its sources."""

from __future__ import annotations

import ast
from typing import NamedTuple, cast

METHOD = "settings_customise_sources"
METHOD_1 = "customise_sources"  # of pydantic 1, in the class Config
METHODS = frozenset({METHOD, METHOD_1})
CONFIG = "Config"
SOURCE = "SecretsManagerSource"
INSERT = "before_env"  # its method that inserts it into other sources
DOCSTRING = "Read the secrets from AWS before the environment variables."  # of an added method
PYDANTIC_2 = "pydantic"  # fills a field although its default is a read
PYDANTIC_1 = "pydantic_v1"  # the `reader` of a site that is a field of pydantic 1
VARIABLES = "env_settings"  # pydantic's name for the source of environment variables


class CustomizedSources(NamedTuple):
    """The parts of the method that a rewrite needs."""

    settings: str  # the parameter with the settings class; empty for pydantic 1
    returned: ast.Return
    variables: ast.Name  # the source of environment variables in the returned tuple


def find_customized_sources(method: ast.FunctionDef) -> CustomizedSources | None:
    """Return the parts of a method that customizes sources; None if it is too complex.

    The method must end with its only return statement, on a separate line, which must return a
    tuple that contains `env_settings` once.
    """
    arguments = method.args
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    names = [parameter.arg for parameter in parameters]
    if method.name not in METHODS or len(names) < 2 or VARIABLES not in names:
        return None
    returned = _single_return(method)
    if returned is None or not isinstance(returned.value, ast.Tuple):
        return None
    sources = [element for element in returned.value.elts if _is_variables(element)]
    if len(sources) != 1:
        return None
    settings = names[1] if method.name == METHOD else ""
    return CustomizedSources(settings, returned, cast("ast.Name", sources[0]))


def find_method(node: ast.ClassDef, *, is_pydantic_1: bool) -> ast.FunctionDef | None:
    """Return the method with which a class customizes its sources."""
    owner = find_config(node) if is_pydantic_1 else node
    name = METHOD_1 if is_pydantic_1 else METHOD
    for statement in owner.body if owner else ():
        if isinstance(statement, ast.FunctionDef) and statement.name == name:
            return statement
    return None


def find_config(node: ast.ClassDef) -> ast.ClassDef | None:
    """Return the class Config in a settings class."""
    for statement in node.body:
        if isinstance(statement, ast.ClassDef) and statement.name == CONFIG:
            return statement
    return None


def adds_source(method: ast.AST) -> bool:
    """Return whether a method adds shield's settings source."""
    is_method = isinstance(method, ast.FunctionDef) and method.name in METHODS
    return is_method and SOURCE in ast.unparse(method)


def only_adds_source(node: ast.ClassDef) -> bool:
    """Return whether a class has nothing but a docstring and the method that adds the source."""
    body = [part for part in node.body if not isinstance(part, ast.Expr)]
    if len(body) == 1 and isinstance(body[0], ast.ClassDef) and body[0].name == CONFIG:
        body = body[0].body
    return len(body) == 1 and adds_source(body[0])


def _is_variables(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == VARIABLES


def _single_return(method: ast.FunctionDef) -> ast.Return | None:
    """Return the only return statement, if it is the last statement and on a separate line."""
    returns = [node for node in ast.walk(method) if isinstance(node, ast.Return)]
    if len(returns) != 1 or returns[0] is not method.body[-1]:
        return None
    previous_line = method.body[-2].end_lineno if len(method.body) > 1 else method.lineno
    return None if returns[0].lineno == previous_line else returns[0]
