"""Format counts with nouns."""

from __future__ import annotations

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
