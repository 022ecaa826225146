"""Convert byte offsets of a file to lines and columns."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

LONE_CR = regex(rb"\r(?!\n)")


class LineIndex:
    """Converts byte offsets of a file to lines and columns; fast if the offsets increase.

    Each call continues from the last position: a line of a megabyte can have 100,000 findings.
    """

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._is_normalized = False
        self._offset, self._line, self._column = 0, 1, 1

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset, from 1; the column in characters."""
        if not self._is_normalized:
            if b"\r" in self._raw:
                self._raw = LONE_CR.sub(b"\n", self._raw)
            self._is_normalized = True
        if offset < self._offset:
            self._offset, self._line, self._column = 0, 1, 1
        start = self._offset
        if newlines := self._raw.count(b"\n", start, offset):
            self._line += newlines
            self._column = 1
            start = self._raw.rindex(b"\n", start, offset) + 1
        text = self._raw[start:offset]
        if start == 0:
            text = text.removeprefix(codecs.BOM_UTF8)
        self._column += len(text.decode("utf-8", "replace"))
        self._offset = offset
        return self._line, self._column


def line_numbers(raw: bytes, offsets: Iterable[int]) -> list[int]:
    """Return the lines of byte offsets, from 1.

    Args:
        raw: The file.
        offsets: The offsets, sorted.
    """
    if b"\r" in raw:
        raw = LONE_CR.sub(b"\n", raw)
    lines = []
    line, previous = 1, 0
    for offset in offsets:
        line += raw.count(b"\n", previous, offset)
        previous = offset
        lines.append(line)
    return lines
