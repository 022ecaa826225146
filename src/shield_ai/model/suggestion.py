"""Suggest the name that a misspelled one probably means."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return a hint with the choice that is most similar to a name; empty without one."""
    names = list(choices)
    similar = [choice for choice in names if sorted(choice) == sorted(name)]  # swapped letters
    similar += difflib.get_close_matches(name, names, n=1)
    return f'did you mean "{similar[0]}"?' if similar else ""
