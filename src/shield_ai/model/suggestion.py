"""Suggest the name that a misspelled one probably means."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(name: str, choices: Iterable[str], similarity: float = 0.6) -> str:
    """Return a hint with the choice that is most similar to a name; empty without one.

    Args:
        name: The name.
        choices: The names that are possible.
        similarity: From 0 to 1, for different names.
    """
    names = sorted(choices)
    similar = [choice for choice in names if sorted(choice) == sorted(name)]  # swapped letters
    similar += difflib.get_close_matches(name, names, n=1, cutoff=similarity)
    return f'did you mean "{similar[0]}"?' if similar else ""
