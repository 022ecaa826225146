"""Where an expression inside an f-string lies on disk: before Python 3.12 the syntax tree often says wrong."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shield_ai.project.python_source import Source


def locate(source: Source, string: ast.JoinedStr, node: ast.expr) -> tuple[int, int] | None:
    """Return the span of an expression inside an f-string; None where it can't be told for sure.

    Args:
        source: The file.
        string: The outermost f-string, whose own place is right.
        node: The expression.
    """
    start, end = source.span(string)
    wanted = ast.dump(node)
    if node.lineno == node.end_lineno and _same(
        source.raw[slice(*source.span(node))], wanted, source.encoding
    ):
        first, last = source.span(node)
        if start < first < last < end:
            return first, last
    size = (node.end_col_offset or 0) - node.col_offset
    if node.lineno != node.end_lineno or size <= 0:
        return None
    body = source.raw[start:end]
    found = [
        at
        for at in range(len(body) - size + 1)
        if _same(body[at : at + size], wanted, source.encoding, quick=True)
    ]
    return (start + found[0], start + found[0] + size) if len(found) == 1 else None


def _same(raw: bytes, wanted: str, encoding: str, *, quick: bool = False) -> bool:
    """Whether bytes are the expression with this dump."""
    if quick and (raw[:1].isspace() or raw[-1:] not in b")]"):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.dump(ast.parse(raw.decode(encoding), mode="eval").body) == wanted
    except (SyntaxError, ValueError):
        return False
