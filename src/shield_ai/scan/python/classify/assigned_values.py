"""Find the values of names that a module uses only in a certain way."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import descend

if TYPE_CHECKING:
    from collections.abc import Collection

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
    remaining = set(names)
    values: dict[str, list[ast.expr]] = {name: [] for name in names}
    conditions: set[ast.expr] = set()
    nodes = list(descend(scope))
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name):
                values.get(target.id, []).append(node.value)
        elif isinstance(node, (ast.If, ast.IfExp)):
            conditions.add(node.test)
    for node in nodes:
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            remaining.difference_update(node.names)
        elif isinstance(node, ast.arg):
            remaining.discard(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node not in used and node not in conditions:
                remaining.discard(node.id)
    return {values[name][0] for name in remaining if len(values[name]) == 1}
