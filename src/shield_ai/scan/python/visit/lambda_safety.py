"""Check whether an expression can move into a lambda, and which quote an f-string allows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId, SkipReason
from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.python.visit.assigned_names import stored_names

if TYPE_CHECKING:
    from collections.abc import Container

SUSPENSIONS = (ast.Await, ast.Yield, ast.YieldFrom)
# Functions that depend on the frame in which they are called.
FRAME_FUNCTIONS = frozenset({"super", "locals", "vars", "eval", "exec", "dir"})


def explain_not_lambda_safe(node: ast.expr) -> SkipReason | None:
    """Explain why an expression would behave differently in a lambda; None if it would not."""
    for inner in descend(node):
        if isinstance(inner, SUSPENSIONS):
            return SkipId.SUSPENDS.reason()
        if isinstance(inner, ast.NamedExpr):
            return SkipId.ASSIGNS_INSIDE.reason()
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
            name = inner.func.id
            if name in FRAME_FUNCTIONS:
                return SkipId.DEPENDS_ON_FRAME.reason(function=name)
    return None


def names_to_bind(node: ast.expr, *groups: Container[str]) -> tuple[str, ...]:
    """Return the names in an expression that a lambda must bind as defaults, in order.

    A lambda can't see the names of a class body. It would see the last value of a name that a loop
    binds again, which linters report although get_secret() calls the lambda at once.

    Args:
        node: The expression.
        groups: The names of the loops around it, and those of the class body.
    """
    own = stored_names([node])
    loaded: dict[str, None] = {}  # in order
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id not in own:
            if any(part.id in names for names in groups):
                loaded[part.id] = None
    return tuple(loaded)


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
