"""Split names into words."""

from __future__ import annotations

import functools
import re


def word_set(text: str) -> frozenset[str]:
    """Split a text at white space."""
    return frozenset(text.split())


WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@functools.lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """Split a name into uppercase words. WEB_HOOK is one word."""
    found = [word.upper() for word in WORD.findall(name)]
    for index in range(len(found) - 1, 0, -1):
        if found[index - 1] == "WEB" and found[index] in {"HOOK", "HOOKS"}:
            found[index - 1 : index + 1] = ["WEB" + found[index]]
    return tuple(found)
