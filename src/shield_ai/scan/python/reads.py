"""One read of a variable: which argument names it, and which is its default."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from shield_ai.scan.python.ast_walk import descend
from shield_ai.scan.python.readers import NAME_KEYWORDS

if TYPE_CHECKING:
    from shield_ai.scan.python.readers import Reader


class Read:
    """One read: how, of what, and the default that it is given."""

    __slots__ = ("argument", "default", "reader")

    def __init__(self, reader: Reader, argument: ast.expr | None, default: ast.expr | None) -> None:
        self.reader = reader
        self.argument = argument
        self.default = default


def arguments_of(node: ast.Call, reader: Reader) -> tuple[ast.expr | None, ast.expr | None]:
    """Return the expressions of the variable's name and of the default."""
    named = {k.arg: k.value for k in node.keywords if k.arg}
    positional = list(itertools.takewhile(lambda a: not isinstance(a, ast.Starred), node.args))
    argument = positional[reader.position] if len(positional) > reader.position else None
    if argument is None:
        keywords = {reader.keyword} | (NAME_KEYWORDS if not reader.fixed else set())
        argument = next((named[k] for k in keywords if k in named), None)
    default = named.get("default")
    at = reader.default if reader.position == 0 else reader.position + 1
    if default is None and at >= 0 and len(positional) > at:
        default = positional[at]
    return argument, default


def calls_in(node: ast.FunctionDef | ast.Lambda) -> list[ast.expr]:
    """Return the calls and subscripts in a function's body."""
    body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    return [n for part in body for n in descend(part) if isinstance(n, (ast.Call, ast.Subscript))]


def is_end_of(node: ast.expr | None, name: str) -> bool:
    """Tell whether a helper's parameter is the end of the variable's name, after what is computed."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return isinstance(node.right, ast.Name) and node.right.id == name
    last = node.values[-1] if isinstance(node, ast.JoinedStr) and node.values else None
    return (
        isinstance(last, ast.FormattedValue)
        and isinstance(last.value, ast.Name)
        and last.value.id == name
    )


def prefix_of(node: ast.expr | None, name: str) -> str | None:
    """Return what a helper puts before its parameter to make the variable's name."""
    if isinstance(node, ast.Name):
        return "" if node.id == name else None
    if (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Add)
        and isinstance(node.left, ast.Constant)
    ):
        return (
            str(node.left.value)
            if isinstance(node.right, ast.Name) and node.right.id == name
            else None
        )
    if isinstance(node, ast.JoinedStr) and node.values:
        *head, last = node.values
        inner = last.value if isinstance(last, ast.FormattedValue) else None
        if (
            isinstance(inner, ast.Name)
            and inner.id == name
            and all(isinstance(v, ast.Constant) for v in head)
        ):
            return "".join(str(v.value) for v in head if isinstance(v, ast.Constant))
    return None
