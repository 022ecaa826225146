"""Find the names that statements assign."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def definitely_assigned(body: Sequence[ast.stmt]) -> frozenset[str] | None:
    """Return the names that are assigned on each path; None if no path reaches the end."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, (ast.Raise, ast.Return, ast.Continue, ast.Break)):
            return None
        if isinstance(node, ast.Assign):
            names |= stored_names(node.targets)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            names.update(definitely_assigned(node.body) or ())
        elif isinstance(node, ast.If):
            branches = (definitely_assigned(node.body), definitely_assigned(node.orelse))
            found = [branch for branch in branches if branch is not None]
            if not found:
                return None
            names |= frozenset.intersection(*found)
    return frozenset(names)


def stored_names(nodes: Sequence[ast.AST]) -> frozenset[str]:
    """Return the names that are assigned in the nodes or in their descendants."""
    names = []
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                names.append(part.id)
    return frozenset(names)
