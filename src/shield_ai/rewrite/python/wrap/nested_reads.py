"""Find the plain reads with another plain read in the default: `os.getenv("A", os.getenv("B"))`.

get_secret() replaces the function and the name; the default stays in place, where another edit may
replace it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.rewrite.python.wrap.plain_reads import plain_read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.project.python_source import Source


class NestedRead(NamedTuple):
    """The byte offsets of the parts of a read, and of the end of its default."""

    function: tuple[int, int]
    name: tuple[int, int]
    default_end: int
    ends_with_default: bool  # an argument can be added there


def nested_reads(source: Source, names: Mapping[str, str]) -> dict[tuple[int, int], NestedRead]:
    """Return the reads with a read in the default, by their byte offsets.

    The default is a read, or a text that is computed from reads, as with an f-string or `%`.

    Args:
        source: The file.
        names: The names that environ_names() returns for the file.
    """
    found: dict[tuple[int, int], NestedRead] = {}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or len(node.args) != 2 or node.keywords:
            continue
        name, default = node.args
        if not plain_read(node, names):
            continue
        if plain_read(default, names) or _is_computed_from_read(default, names):
            spans = source.span(node.func), source.span(name)
            start, end = source.span(node)
            default_end = source.span(default)[1]
            is_last = not source.raw[default_end : end - 1].strip()
            found[start, end] = NestedRead(*spans, default_end, is_last)
    return found


def _is_computed_from_read(node: ast.expr, names: Mapping[str, str]) -> bool:
    """Return whether an expression computes a text from a read. Its result is no function."""
    if not isinstance(node, (ast.BinOp, ast.JoinedStr)):
        return False
    parts = list(ast.walk(node))
    if any(isinstance(part, ast.NamedExpr) for part in parts):
        return False
    return any(isinstance(part, ast.expr) and plain_read(part, names) for part in parts)
