"""Locate expressions inside f-strings: before Python 3.12, their AST positions are often wrong."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.project.python_source import parse_expression

if TYPE_CHECKING:
    from shield_ai.project.python_source import Source


def find_span(source: Source, fstring: ast.JoinedStr, node: ast.expr) -> tuple[int, int] | None:
    """Return the byte offsets of an expression inside an f-string.

    None if they are ambiguous, or if the expression spans several lines.

    Args:
        source: The file.
        fstring: The outermost f-string, which always has the right position.
        node: The expression.
    """
    if node.lineno != node.end_lineno:
        return None
    start, end = source.span(fstring)
    dump = ast.dump(node)
    first, last = source.span(node)
    if start < first < last < end and _parses_as(source.raw[first:last], dump, source.encoding):
        return first, last
    return _search(source, source.raw[start:end], start, node, dump)


def _search(
    source: Source, body: bytes, start: int, node: ast.expr, dump: str
) -> tuple[int, int] | None:
    """Search an f-string for the only text of the expression's length that parses to it."""
    size = (node.end_col_offset or 0) - node.col_offset
    if size <= 0:
        return None
    matches = []
    for offset in range(len(body) - size + 1):
        text = body[offset : offset + size]
        # Every read ends with ) or ]: skip the other candidates without parsing.
        may_be_read = not text[:1].isspace() and text[-1:] in b")]"
        if may_be_read and _parses_as(text, dump, source.encoding):
            matches.append(start + offset)
    return (matches[0], matches[0] + size) if len(matches) == 1 else None


def _parses_as(raw: bytes, dump: str, encoding: str) -> bool:
    """Return whether bytes parse to the expression with this dump."""
    try:
        parsed = parse_expression(raw.decode(encoding))
    except UnicodeDecodeError:  # splits a multibyte character
        return False
    return parsed is not None and ast.dump(parsed) == dump
