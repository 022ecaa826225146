"""What keeps an expression out of a lambda, and which quote an f-string leaves free."""

from __future__ import annotations

import ast

from shield_ai.scan.python.ast_walk import descend

PAUSES = (ast.Await, ast.Yield, ast.YieldFrom)
FRAME = frozenset({"super", "locals", "vars", "eval", "exec", "dir"})


def hindrance(node: ast.expr) -> str:
    """Say why an expression would mean something else in a lambda; empty where it would not."""
    for inner in descend(node):
        if isinstance(inner, PAUSES):
            return "it awaits or yields, which a lambda can't"
        if isinstance(inner, ast.NamedExpr):
            return "it assigns with := inside the read"
        if (
            isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Name)
            and inner.func.id in FRAME
        ):
            return f"it calls {inner.func.id}(), which means something else in a lambda"
    return ""


def free_quote(inner: str, outer: str) -> str:
    """Choose the quote that an f-string leaves free, on every Python."""
    opening = outer.lstrip("rRfFbBuU")[:3]
    if opening in {'"""', "'''"}:
        return "'" if opening[0] == '"' else '"'
    used = opening[:1]
    return ("'" if used == '"' else '"') if used not in inner else ""
