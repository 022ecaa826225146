"""Find the texts with which the matches of a regular expression begin.

The result is complete: each match begins with one of the texts, in upper or lower case. Python's
`re` searches for such a text only if no assertion or choice precedes it.
"""

from __future__ import annotations

import itertools
from typing import Any

from shield_ai.scan.rules.regex_safety import REPEATS, codes, parser

# A text, and whether the text that follows in the regex continues it.
Start = tuple[str, bool]
NOTHING: frozenset[Start] = frozenset({("", True)})
ANYTHING: frozenset[Start] = frozenset({("", False)})
ZERO_WIDTH = frozenset({codes.AT, codes.ASSERT, codes.ASSERT_NOT})
MAX_STARTS = 64
MAX_SET = 6  # characters; a larger set such as [0-9a-f] ends a text
MIN_SIZE, MAX_SIZE = 2, 12


def find_starts(pattern: str) -> tuple[bytes, ...]:
    """Return the texts, in lower case; none if a match can begin with almost any text.

    A text that begins with another text of the result is left out.

    Args:
        pattern: The regular expression, for bytes.
    """
    texts = sorted({text for text, _ in _sequence(parser.parse(pattern))})
    if any(len(text) < MIN_SIZE for text in texts):
        return ()
    starts: list[str] = []
    for text in texts:  # a text sorts after its own beginnings
        if not starts or not text.startswith(starts[-1]):
            starts.append(text)
    return tuple(text.encode() for text in starts)


def _sequence(nodes: Any) -> frozenset[Start]:
    found = NOTHING
    for code, argument in nodes:
        open_starts = {text for text, is_open in found if is_open}
        following = _node(code, argument) if open_starts else NOTHING
        joined = {(text, False) for text, is_open in found if not is_open}
        for text, (more, is_open) in itertools.product(open_starts, following):
            joined.add((text + more, is_open and len(text + more) < MAX_SIZE))
        if len(joined) > MAX_STARTS:
            return frozenset((text, False) for text, _ in found)
        found = frozenset(joined)
    return found


def _node(code: Any, argument: Any) -> frozenset[Start]:
    if code in ZERO_WIDTH:
        return NOTHING
    if code is codes.LITERAL:
        return _characters([argument])
    if code is codes.IN:
        return _set(argument)
    if code is codes.SUBPATTERN:
        return _sequence(argument[-1])
    if code is codes.BRANCH:
        return frozenset().union(*map(_sequence, argument[1]))
    if code in REPEATS:
        low, high, body = argument
        once = _sequence(body)
        if high != 1:
            once = frozenset((text, False) for text, _ in once)
        return once if low else once | NOTHING
    return ANYTHING


def _set(items: Any) -> frozenset[Start]:
    """Return the characters of a set such as `[a-c0]`."""
    if any(code not in (codes.LITERAL, codes.RANGE) for code, _ in items):
        return ANYTHING
    ranges = [(item, item) if code is codes.LITERAL else item for code, item in items]
    if sum(high - low + 1 for low, high in ranges) > MAX_SET:
        return ANYTHING
    return _characters([number for low, high in ranges for number in range(low, high + 1)])


def _characters(numbers: list[int]) -> frozenset[Start]:
    if not all(number < 128 for number in numbers):  # several bytes
        return ANYTHING
    return frozenset((chr(number).lower(), True) for number in numbers)
