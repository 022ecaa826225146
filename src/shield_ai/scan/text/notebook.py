"""Name the cells of a Jupyter notebook, as a person sees them.

https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.scan.text.config_parsers import json_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.text.structure import Node

MAX_SIZE = 5_000_000  # bytes; larger ones are mostly images


class Source(NamedTuple):
    """A text of a cell, with its byte offsets in the file."""

    start: int
    end: int
    cell: int  # from 1
    line: int  # of its beginning in the cell, from 1


class Notebook:
    """The texts of the cells of a notebook.

    Args:
        raw: The file's bytes.
    """

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        roots = json_values(raw) if len(raw) <= MAX_SIZE else []
        self._sources = sorted(_sources(roots))
        self._starts = [source.start for source in self._sources]

    def place(self, offset: int) -> str:
        """Return the cell and the line of an offset; empty outside the text of a cell."""
        at = bisect.bisect_right(self._starts, offset) - 1
        if at < 0 or offset > self._sources[at].end:
            return ""
        source = self._sources[at]
        line = source.line + self._raw.count(b"\\n", source.start, offset)
        return f"cell {source.cell}, line {line}"


def _sources(roots: list[Node]) -> Iterator[Source]:
    for root in roots:
        for cells in _values(root, "cells"):
            for number, cell in enumerate(cells.items, start=1):
                for source in _values(cell, "source"):
                    yield from _lines(source, number)


def _lines(source: Node, cell: int) -> Iterator[Source]:
    """Yield the text of a cell, or its lines: both forms are allowed."""
    if not source.is_container:
        yield Source(source.start, source.end, cell, 1)
    for line, item in enumerate(source.items, start=1):
        yield Source(item.start, item.end, cell, line)


def _values(node: Node, key: str) -> Iterator[Node]:
    return (value for name, value in node.pairs if name.text == key)
