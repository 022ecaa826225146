"""Find the values of names that a module uses only in a certain way."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import descend

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def with_assigned_values(tree: ast.Module, used: set[ast.expr]) -> set[ast.expr]:
    """Add the values of the names among some expressions, in the module and in its functions.

    A name counts only if it is assigned once and has no other use, except as a condition.

    Args:
        tree: The module.
        used: Its expressions that are used in a certain way.
    """
    names = {node.id for node in used if isinstance(node, ast.Name)}
    if not names:
        return used
    found = used | _values_in(tree, names, used)
    for node in descend(tree):
        if isinstance(node, FUNCTIONS):
            found |= _values_in(node, names, used)
    return found


def _values_in(scope: ast.AST, names: Collection[str], used: Collection[ast.expr]) -> set[ast.expr]:
    """Return the values of names that a module or function uses only in a certain way."""
    nodes = list(descend(scope))
    known = {node.test for node in nodes if isinstance(node, (ast.If, ast.IfExp))} | set(used)
    others = {name for node in nodes for name in _used_otherwise(node, known)}
    values = _assigned_in(nodes)
    found = [values.get(name, []) for name in names if name not in others]
    return {assigned[0] for assigned in found if len(assigned) == 1}


def _assigned_in(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr]]:
    values: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values.setdefault(node.targets[0].id, []).append(node.value)
    return values


def _used_otherwise(node: ast.AST, known: Collection[ast.expr]) -> list[str]:
    """Return the names that a node binds in another scope, or uses in an unknown way."""
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in known:
        return [node.id]
    return []
