"""Format the entries of a list of changes: a name of a fixed width, and details below it."""

from __future__ import annotations

from shield_ai.model.printable import printable
from shield_ai.reports.terminal.wrapping import wrap

NAME_WIDTH = 46


def wrap_detail(text: str) -> list[str]:
    """Wrap the text below the name of an entry."""
    return wrap(printable(text), " " * 6)


def shorten_name(name: str) -> str:
    """Replace the middle of a long name with an ellipsis, to fit the column."""
    if len(name) <= NAME_WIDTH:
        return name
    half = NAME_WIDTH // 2
    return f"{name[: half - 1]}…{name[-half:]}"
