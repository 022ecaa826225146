"""Walk the statements of a scope without its nested functions and classes."""

from __future__ import annotations

import ast
import bisect
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import children

if TYPE_CHECKING:
    from collections.abc import Iterator

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*FUNCTIONS, ast.ClassDef)
BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
CONTAINERS = (ast.stmt, ast.ExceptHandler, ast.match_case)


class Lines:
    """A selection of the lines of a file.

    Args:
        lines: The numbers of the lines, sorted.
    """

    def __init__(self, lines: list[int]) -> None:
        self._lines = lines

    def touch(self, node: ast.stmt) -> bool:
        """Return whether one of the lines belongs to a statement."""
        index = bisect.bisect_left(self._lines, node.lineno)
        last = node.end_lineno or node.lineno
        return index < len(self._lines) and self._lines[index] <= last


def own_statements(scope: ast.AST) -> Iterator[ast.stmt]:
    """Yield the statements of a scope, with nested functions and classes but not their bodies."""
    stack = [scope]
    while stack:
        node = stack.pop()
        parts = [part for name in BLOCKS for part in getattr(node, name, ())]
        for part in parts:
            if isinstance(part, ast.stmt):
                yield part
        stack += [part for part in reversed(parts) if not isinstance(part, SCOPES)]


def own_expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of the expressions in a statement, without the statements in it."""
    stack = [part for part in children(statement) if not isinstance(part, CONTAINERS)]
    stack.reverse()
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(children(node))


def dotted_name(node: ast.AST) -> str:
    """Return the text of an expression of the form `a.b.c`; empty for other expressions."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])
