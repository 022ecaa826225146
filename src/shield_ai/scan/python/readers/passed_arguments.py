"""Find the arguments that the calls of a function pass for a parameter."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.known_readers import Reader
from shield_ai.scan.python.readers.name_uses import calls_without_other_uses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.python.readers.bindings import Scope
    from shield_ai.scan.python.readers.resolve import Resolver


def passed_arguments(
    resolver: Resolver, name: str, scopes: tuple[Scope, ...]
) -> Iterator[tuple[ast.expr | None, tuple[Scope, ...]]]:
    """Yield the argument for a parameter of the innermost function in each of its calls.

    Args:
        resolver: The resolver of the module.
        name: The parameter.
        scopes: The scopes, from the module to the function.

    Yields:
        The argument, or None if the call does not pass one, and the scopes around the call. Nothing
        if the name is not a parameter, or if some calls are unknown.
    """
    function = scopes[-1]
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    parameters = [arg.arg for arg in [*function.args.posonlyargs, *function.args.args]]
    if name not in parameters:
        return
    if isinstance(resolver.resolve_name(function.name, scopes[:-1]), Reader):
        return  # the calls of a helper that reads variables are migrated instead
    position = parameters.index(name)
    calls = calls_without_other_uses(resolver.module.source.tree, function.name)
    for call, call_scopes in calls:
        yield _argument_of(call, name, position), call_scopes


def _argument_of(call: ast.Call, name: str, position: int) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if len(call.args) > position else None
