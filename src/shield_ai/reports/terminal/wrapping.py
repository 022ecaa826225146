"""Wrap the lines of a text for a terminal."""

from __future__ import annotations

import textwrap

WIDTH = 80  # columns


def wrap(
    text: str, indent: str = "", following: str | None = None, width: int = WIDTH
) -> list[str]:
    """Wrap a text between its words, so that names and paths can be found and copied.

    Args:
        text: The text.
        indent: The start of the first line.
        following: The start of the other lines; by default, the same.
        width: The width of a line in columns. A longer word is not broken.
    """
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if following is None else following,
        break_long_words=False,
        break_on_hyphens=False,
    )
