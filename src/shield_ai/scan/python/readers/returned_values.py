"""Find the expressions that a function may return."""

from __future__ import annotations

import ast


def expressions_returned_before(function: ast.AST, line: int) -> list[ast.AST]:
    """Return the expressions that a function may return before a line.

    They include the values of variables that it returns.
    """
    earlier = [node for node in ast.walk(function) if getattr(node, "lineno", line) < line]
    returned: list[ast.AST] = []
    for node in earlier:
        if isinstance(node, ast.Return) and node.value:
            returned.extend(ast.walk(node.value))
    names = {node.id for node in returned if isinstance(node, ast.Name)}
    return [*returned, *_values_assigned_to(names, earlier)]


def _values_assigned_to(names: set[str], nodes: list[ast.AST]) -> list[ast.expr]:
    values = []
    for node in nodes:
        if isinstance(node, ast.Assign):
            targets = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if not names.isdisjoint(targets):
                values.append(node.value)
    return values
