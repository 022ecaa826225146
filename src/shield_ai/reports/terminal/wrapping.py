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


def wrap_lines(text: str, width: int) -> str:
    """Wrap the long lines of a text that start with a word; 0 columns keep them.

    Lines with an indent are parts of a table or of a diff.

    Args:
        text: The text.
        width: The columns of the terminal.
    """
    lines = []
    for line in text.split("\n"):
        if width and len(line) > width and line[:1].isalnum():
            lines += wrap(line, following="  ", width=width)
        else:
            lines.append(line)
    return "\n".join(lines)
