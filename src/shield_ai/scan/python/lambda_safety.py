"""Check whether an expression can move into a lambda, and which quote an f-string allows."""

from __future__ import annotations

import ast

from shield_ai.scan.python.ast_walk import descend

SUSPENSIONS = (ast.Await, ast.Yield, ast.YieldFrom)
# Functions that depend on the frame in which they are called.
FRAME_FUNCTIONS = frozenset({"super", "locals", "vars", "eval", "exec", "dir"})


def explain_not_lambda_safe(node: ast.expr) -> str:
    """Explain why an expression would behave differently in a lambda; empty if it would not."""
    for inner in descend(node):
        if isinstance(inner, SUSPENSIONS):
            return "awaits or yields, which a lambda cannot do"
        if isinstance(inner, ast.NamedExpr):
            return "assigns with := inside the read"
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
            name = inner.func.id
            if name in FRAME_FUNCTIONS:
                return f"calls {name}(), which behaves differently in a lambda"
    return ""


def unused_quote(inner: str, fstring: str) -> str:
    """Return the quote that strings inside an f-string can use on all Python versions.

    Args:
        inner: The expression inside the f-string.
        fstring: The whole f-string.

    Returns:
        A single or double quote; empty if the expression uses it already.
    """
    opening = fstring.lstrip("rRfFbBuU")[:3]
    other = {'"': "'", "'": '"'}.get(opening[:1], '"')
    if opening in {'"""', "'''"}:
        return other
    return "" if opening[:1] in inner else other
