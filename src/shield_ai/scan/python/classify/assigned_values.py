"""Trace expressions back through variables: of a name, also return the value assigned to it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import descend

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def with_assigned_values(
    tree: ast.Module, used: set[ast.expr], *, with_settings: bool = True
) -> set[ast.expr]:
    """Return some expressions and, for each that is a name, the value assigned to it.

    For `debug` after `debug = os.getenv("DEBUG")`, that is the call. The scopes are the module and
    each of its functions. A name counts only if it is assigned once in its scope, and has no other
    use there, except as a condition.

    Args:
        tree: The module.
        used: The expressions that the caller selected, such as those compared with "true".
        with_settings: Whether names of constants in the module count. Other modules can use them,
            too.
    """
    names = {node.id for node in used if isinstance(node, ast.Name)}
    if not names:
        return used
    in_module = names if with_settings else {name for name in names if not name.isupper()}
    found = used | _values_in(tree, in_module, used)
    for node in descend(tree):
        if isinstance(node, FUNCTIONS):
            found |= _values_in(node, names, used)
    return found


def _values_in(scope: ast.AST, names: Collection[str], used: Collection[ast.AST]) -> set[ast.expr]:
    """Return the values of the names that a scope uses only as selected, or as conditions."""
    nodes = list(descend(scope))
    tests = {node.test for node in nodes if isinstance(node, (ast.If, ast.IfExp))}
    others = {
        name
        for node in nodes
        if node not in tests and node not in used
        for name in _used_otherwise(node)
    }
    return {
        assigned[0]
        for name, assigned in _assigned_in(nodes).items()
        if name in names and name not in others and len(assigned) == 1
    }


def _assigned_in(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr]]:
    values: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name):
                # With several targets, the value has another name that may be used otherwise.
                values.setdefault(target.id, []).extend([node.value] * len(node.targets))
    return values


def _used_otherwise(node: ast.AST) -> list[str]:
    """Return the names that a node binds in another scope, or uses in an unknown way."""
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return [node.id]
    return []
