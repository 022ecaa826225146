"""Detect regular expressions that can take exponential time, such as nested repeats."""

from __future__ import annotations

import functools
import re
import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    # Private modules without type stubs.
    import re._constants as codes  # type: ignore[import-not-found]
    import re._parser as parser  # type: ignore[import-not-found]

MAX_BOUND = 1000  # a repeat with a higher upper bound counts as unbounded
REPEATS = frozenset({codes.MAX_REPEAT, codes.MIN_REPEAT})
# They don't backtrack: once such a part has matched, it is not matched in another way.
ATOMIC = frozenset({codes.ASSERT, codes.ASSERT_NOT, codes.ATOMIC_GROUP, codes.POSSESSIVE_REPEAT})
ZERO_WIDTH = frozenset({codes.AT, codes.ASSERT, codes.ASSERT_NOT, codes.FAILURE})
AMBIGUOUS_REPEAT = "an ambiguous repeat or optional part within a repeat"
AMBIGUOUS_CHOICE = "an ambiguous alternation within a repeat"
IGNORES_CASE = re.compile(r"\(\?[a-zA-Z]*i")
CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
}
# A set of characters is an int with a bit for each code point below 256, and one for all others.
OTHERS = 1 << 256
ALL = (OTHERS << 1) - 1
UPPER_CASE: int = sum(1 << code for code in (*range(0x41, 0x5B), *range(0xC0, 0xDF)))


def find_exponential(pattern: str) -> str:
    """Describe the part of a regex that can take exponential time; empty if it is safe.

    This is a syntactic check: within a repeat, the next character must decide whether another
    repeat or an optional part goes on, and which branch of an alternation (`|`) matches. So a text
    can't match the repeat in two ways, and a regex that passes takes at most polynomial time.

    Raises:
        re.error: The regex is invalid.
    """
    check = _AmbiguityCheck(ignores_case=bool(IGNORES_CASE.search(pattern)))
    return check.find(parser.parse(pattern), 0, in_repeat=False)


def count_unbounded(pattern: str) -> int:
    """Count the unbounded repeats. Two can take quadratic time, three cubic time.

    Raises:
        re.error: The regex is invalid.
    """
    return _count(parser.parse(pattern))


def _count(node: Any) -> int:
    total = 0
    for code, argument in node:
        if code in REPEATS:
            total += _is_unbounded(argument[1])
        total += sum(_count(child) for child in _children(code, argument))
    return total


def _is_unbounded(high: Any) -> bool:
    return high is codes.MAXREPEAT or high > MAX_BOUND


def _children(code: Any, argument: Any) -> list[Any]:
    """Return the parts of a node that are sequences of nodes."""
    if code is codes.SUBPATTERN:
        return [argument[3]]
    if code in REPEATS or code is codes.POSSESSIVE_REPEAT:
        return [argument[2]]
    if code is codes.GROUPREF_EXISTS:  # (?(1)yes|no); without `|no`, the last part is None
        return [part for part in argument[1:] if part is not None]
    if code is codes.BRANCH:
        return list(argument[1])
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [argument[1]]
    if code is codes.ATOMIC_GROUP:
        return [argument]
    return []


class _AmbiguityCheck:
    """Search repeats for parts that can match the same text in two ways."""

    def __init__(self, *, ignores_case: bool) -> None:
        self._ignores_case = ignores_case

    def find(self, sequence: Any, following: int, *, in_repeat: bool) -> str:
        """Describe the last ambiguous part of a sequence of nodes; empty without one.

        Args:
            sequence: The nodes.
            following: The characters with which the text after the sequence can start.
            in_repeat: The sequence is in a repeat.
        """
        for code, argument in reversed(list(sequence)):
            problem = self._find_in_node(code, argument, following, in_repeat=in_repeat)
            if problem:
                return problem
            characters, can_be_empty = self._node_start(code, argument)
            following = characters | following if can_be_empty else characters
        return ""

    def _find_in_node(self, code: Any, argument: Any, following: int, *, in_repeat: bool) -> str:
        children = _children(code, argument)
        in_repeat = in_repeat and code not in ATOMIC
        if in_repeat and code is codes.BRANCH and self._overlap(children, following):
            return AMBIGUOUS_CHOICE
        if code in REPEATS:
            low, high, body = argument
            characters, can_be_empty = self._start(body)
            if in_repeat and low != high and (can_be_empty or characters & following):
                return AMBIGUOUS_REPEAT
            if high > 1:
                # Where the outermost repeat ends may be ambiguous: that takes polynomial time.
                following = characters | (following if in_repeat else 0)
                in_repeat = True
        problems = (self.find(child, following, in_repeat=in_repeat) for child in children)
        return next(filter(None, problems), "")

    def _overlap(self, branches: list[Any], following: int) -> bool:
        """Return whether two branches can start with the same character."""
        seen = 0
        for branch in branches:
            characters, can_be_empty = self._start(branch)
            if can_be_empty:
                characters |= following
            if characters & seen:
                return True
            seen |= characters
        return False

    def _start(self, sequence: Any) -> tuple[int, bool]:
        """Return the first characters of a sequence, and whether it can be empty."""
        result = 0
        for code, argument in sequence:
            characters, can_be_empty = self._node_start(code, argument)
            result |= characters
            if not can_be_empty:
                return result, False
        return result, True

    def _node_start(self, code: Any, argument: Any) -> tuple[int, bool]:
        if code in ZERO_WIDTH:
            return 0, True
        if code is codes.GROUPREF:
            return ALL, True
        children = _children(code, argument)
        if not children:
            return self._characters(code, argument), False
        starts = [self._start(child) for child in children]
        is_optional = code is codes.GROUPREF_EXISTS
        if code in REPEATS or code is codes.POSSESSIVE_REPEAT:
            is_optional = argument[0] == 0
        characters = functools.reduce(int.__or__, (first for first, _ in starts))
        return characters, is_optional or any(empty for _, empty in starts)

    def _characters(self, code: Any, argument: Any) -> int:
        """Return the characters that a node can match, or more."""
        if code is not codes.IN:
            return self._fold(_item_characters(code, argument))
        parts = [_item_characters(*item) for item in argument if item[0] is not codes.NEGATE]
        found = functools.reduce(int.__or__, parts, 0)
        if argument[0][0] is codes.NEGATE:
            # The set can be one of some characters above 255.
            found = ALL & ~found | OTHERS
        return self._fold(found)

    def _fold(self, characters: int) -> int:
        """Add the other case of each letter if the regex ignores case."""
        if not self._ignores_case:
            return characters
        upper = characters & UPPER_CASE
        lower = characters & (UPPER_CASE << 32)
        return characters | (upper << 32) | (lower >> 32)


def _item_characters(code: Any, argument: Any) -> int:
    if code is codes.LITERAL:
        return _range(argument, argument)
    if code is codes.RANGE:
        return _range(*argument)
    if code is codes.NOT_LITERAL:
        return ALL & ~_range(argument, argument) | OTHERS
    return _category(argument) if code is codes.CATEGORY else ALL


def _range(low: int, high: int) -> int:
    """Return a set of the characters between two code points, including both."""
    characters = (1 << min(high, 255) + 1) - (1 << low) if low < 256 else 0
    return characters | OTHERS if high > 255 else characters


@functools.cache
def _category(code: Any) -> int:
    matches = re.compile(CATEGORIES[code]).match
    return OTHERS | sum(1 << number for number in range(256) if matches(chr(number)))
