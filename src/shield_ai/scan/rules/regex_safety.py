"""Refuses regular expressions that can take exponential time: an unbounded repeat within an unbounded repeat."""

from __future__ import annotations

import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    # no stubs; Python parses its own regexes here
    import re._constants as codes  # type: ignore[import-not-found]
    import re._parser as parser  # type: ignore[import-not-found]  # likewise

MANY = 1000  # repeats from which a bound is none
REPEATS = frozenset({codes.MAX_REPEAT, codes.MIN_REPEAT})


def runaway(pattern: str) -> str:
    """Return the kind of repeat that makes a regex dangerous; empty where there is none.

    Only the form is looked at: a repeat without a bound must not hold another one, nor a choice whose branches may
    begin with the same character. What remains takes at most a power of the length of the text.

    Raises:
        re.error: It is no regex.
    """
    return _within(parser.parse(pattern), inside=False)


def unbounded(pattern: str) -> int:
    """Count the repeats without a bound: two of them take the square of a line's length, three its cube."""
    return _count(parser.parse(pattern))


def _count(node: Any) -> int:
    total = 0
    for code, argument in node:
        if code in REPEATS:
            total += (argument[1] is codes.MAXREPEAT or argument[1] > MANY) + _count(argument[2])
        total += sum(_count(child) for child in _children(code, argument))
    return total


def _within(node: Any, *, inside: bool) -> str:
    for code, argument in node:
        if code in REPEATS:
            low, high, body = argument
            many = high is codes.MAXREPEAT or high > MANY
            if inside and high != low and high > 1:
                return "a repeat within an unbounded repeat"
            if found := _within(body, inside=inside or many):
                return found
            continue
        if inside and code is codes.BRANCH and not _distinct(argument[1]):
            return "a choice of the same characters within an unbounded repeat"
        for child in _children(code, argument):
            if found := _within(child, inside=inside):
                return found
    return ""


def _children(code: Any, argument: Any) -> list[Any]:
    if code is codes.SUBPATTERN:
        return [argument[3]]
    if code is codes.BRANCH:
        return list(argument[1])
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [argument[1]]
    if code is codes.ATOMIC_GROUP:
        return [argument]
    return []


def _distinct(branches: list[Any]) -> bool:
    """Whether every branch begins with a letter of its own."""
    firsts = [branch[0] if len(branch) else None for branch in branches]
    letters = [first[1] for first in firsts if first and first[0] is codes.LITERAL]
    return len(letters) == len(branches) == len(set(letters))
