"""Name the cells and the outputs of a Jupyter notebook, as a person sees them.

https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.config_parsers import json_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.text.config_node import Node

MAX_SIZE = 5_000_000  # bytes; larger notebooks contain mostly images
# A base64 image begins with the magic number of its format: PNG, JPEG, GIF, WebP or BMP.
IMAGE = regex(
    rb"\"image/[a-z.+-]{1,30}\"\s{0,40}:\s{0,40}(?:\[\s{0,40})?"
    rb"\"(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR|Qk)(?:[A-Za-z0-9+/=]|\\n|\",?\s{1,80}\")*+"
)
# The escape of a line end, or of a backslash: in `C:\\new`, the `\n` is not a line end.
LINE_END = regex(rb"\\[n\\]")
TEXT_KEYS = frozenset({"text", "evalue", "traceback"})
TEXT_TYPES = ("text/", "application/json", "application/javascript", "image/svg+xml")


class Source(NamedTuple):
    """A text of a cell or an output, with its byte offsets in the file."""

    start: int
    end: int
    cell: int  # from 1
    output: int  # from 1; 0 for the source of the cell
    line: int  # of its beginning in the cell or the output, from 1


class Notebook:
    """The texts of the cells of a notebook.

    Args:
        raw: The file's bytes.
    """

    def __init__(self, raw: bytes) -> None:
        roots = json_values(raw) if len(raw) <= MAX_SIZE else []
        self.sources = sorted(_sources(roots))
        self._starts = [source.start for source in self.sources]
        self._line_ends = [at.start() for at in LINE_END.finditer(raw) if at[0] == b"\\n"]

    def is_output(self, offset: int) -> bool:
        """Return whether an offset is in the text of an output."""
        source = self._source(offset)
        return source is not None and source.output > 0

    def place(self, offset: int) -> str:
        """Return the cell, the output and the line of an offset; empty outside their texts."""
        source = self._source(offset)
        if source is None:
            return ""
        first = bisect.bisect_left(self._line_ends, source.start)
        line = source.line + bisect.bisect_left(self._line_ends, offset) - first
        output = f"output {source.output}, " if source.output else ""
        return f"cell {source.cell}, {output}line {line}"

    def _source(self, offset: int) -> Source | None:
        """Return the text with an offset; None outside the texts of cells and outputs."""
        at = bisect.bisect_right(self._starts, offset) - 1
        if at < 0 or offset > self.sources[at].end:
            return None
        return self.sources[at]


class Images:
    """The base64 images of a notebook. Random text in them is not a credential.

    Args:
        raw: The file's bytes.
    """

    def __init__(self, raw: bytes) -> None:
        self._spans = [match.span() for match in IMAGE.finditer(raw)]

    def contain(self, offset: int) -> bool:
        """Return whether an offset is in an image."""
        at = bisect.bisect_right(self._spans, (offset, offset)) - 1
        return at >= 0 and offset < self._spans[at][1]


def _sources(roots: list[Node]) -> Iterator[Source]:
    for root in roots:
        for cells in _values(root, "cells"):
            for number, cell in enumerate(cells.items, start=1):
                for source in _values(cell, "source"):
                    yield from _lines(source, number, 0)
                for outputs in _values(cell, "outputs"):
                    for output_number, output in enumerate(outputs.items, start=1):
                        for text in _output_texts(output):
                            yield from _lines(text, number, output_number)


def _output_texts(output: Node) -> Iterator[Node]:
    """Yield the texts of an output: of a stream, an error, or a result in several formats."""
    for key, value in output.pairs:
        if key.text in TEXT_KEYS:
            yield value
        elif key.text == "data":
            for media_type, data in value.pairs:
                if media_type.text.startswith(TEXT_TYPES):
                    yield data


def _lines(source: Node, cell: int, output: int) -> Iterator[Source]:
    """Yield the text of a cell, or its lines: both forms are allowed."""
    if not source.items:
        yield Source(source.start, source.end, cell, output, 1)
    for line, item in enumerate(source.items, start=1):
        yield Source(item.start, item.end, cell, output, line)


def _values(node: Node, key: str) -> Iterator[Node]:
    return (value for name, value in node.pairs if name.text == key)
