"""Convert the positions of Python tokens to byte offsets in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shield_ai.project.python_source import Source


class Offsets:
    """Converts positions of the tokenizer, in ascending order, to byte offsets in the file.

    Each line is decoded once and each part of it encoded once, because a line of a megabyte can
    have a hundred thousand tokens.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._line = 0
        self._text = ""
        self._column = 0
        self._offset = 0

    def find(self, position: tuple[int, int]) -> int:
        """Return the byte offset of a line (from 1) and a column in characters."""
        line, column = position
        if line != self._line or column < self._column:
            start, raw = self._source.lines[line - 1]
            self._line = line
            self._text = raw.decode(self._source.encoding)
            self._column = 0
            self._offset = start
        between = self._text[self._column : column]
        self._offset += len(between.encode(self._source.encoding))
        self._column = column
        return self._offset
