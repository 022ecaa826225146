"""Format counts with nouns, and lists of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

VOWELS = ("a", "e", "i", "o", "u")


def count(number: int, noun: str) -> str:
    """Format a number with its noun, for example "1 file" or "1,024 files"."""
    return f"{number:,} {noun if number == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in VOWELS:
        return f"{noun[:-1]}ies"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return f"{noun}es"
    return f"{noun}s"


def shortened(names: Sequence[str], limit: int) -> str:
    """Return the first names, and the number of the others.

    Args:
        names: The names, in order.
        limit: The greatest number of names to return.
    """
    shown = ", ".join(names[:limit])
    others = len(names) - limit
    return f"{shown} and {count(others, 'other')}" if others > 0 else shown
