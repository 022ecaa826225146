"""Detect regular expressions that can take exponential time, such as nested unbounded repeats."""

from __future__ import annotations

import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    # Private modules without type stubs.
    import re._constants as codes  # type: ignore[import-not-found]
    import re._parser as parser  # type: ignore[import-not-found]

__all__ = ["MAX_BOUND", "REPEATS", "codes", "count_unbounded", "find_exponential", "parser"]
MAX_BOUND = 1000  # a repeat with a higher upper bound counts as unbounded
REPEATS = frozenset({codes.MAX_REPEAT, codes.MIN_REPEAT})
NESTED_REPEAT = "a repeat within an unbounded repeat"
AMBIGUOUS_CHOICE = "an ambiguous alternation within an unbounded repeat"


def find_exponential(pattern: str) -> str:
    """Describe the part of a regex that can take exponential time; empty if it is safe.

    This is a syntactic check: an unbounded repeat must not contain another repeat, nor an
    alternation (`|`) with branches that may begin with the same character. A regex that passes
    takes at most polynomial time.

    Raises:
        re.error: The regex is invalid.
    """
    return _check(parser.parse(pattern), in_unbounded=False)


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
            _, high, body = argument
            total += _is_unbounded(high) + _count(body)
        total += sum(_count(child) for child in _children(code, argument))
    return total


def _is_unbounded(high: Any) -> bool:
    return high is codes.MAXREPEAT or high > MAX_BOUND


def _check(node: Any, *, in_unbounded: bool) -> str:
    for code, argument in node:
        if code in REPEATS:
            problem = _check_repeat(argument, in_unbounded=in_unbounded)
        elif in_unbounded and code is codes.BRANCH and not _have_distinct_starts(argument[1]):
            problem = AMBIGUOUS_CHOICE
        else:
            children = _children(code, argument)
            problems = (_check(child, in_unbounded=in_unbounded) for child in children)
            problem = next(filter(None, problems), "")
        if problem:
            return problem
    return ""


def _check_repeat(argument: Any, *, in_unbounded: bool) -> str:
    low, high, body = argument
    if in_unbounded and high != low and high > 1:
        return NESTED_REPEAT
    return _check(body, in_unbounded=in_unbounded or _is_unbounded(high))


def _children(code: Any, argument: Any) -> list[Any]:
    """Return the parts of a node other than a repeat. A possessive repeat does not backtrack."""
    if code is codes.SUBPATTERN:
        return [argument[3]]
    if code is codes.POSSESSIVE_REPEAT:
        return [argument[2]]
    if code is codes.GROUPREF_EXISTS:  # (?(1)yes|no); without `|no`, the last part is None
        return list(filter(None, argument[1:]))
    if code is codes.BRANCH:
        return list(argument[1])
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [argument[1]]
    if code is codes.ATOMIC_GROUP:
        return [argument]
    return []


def _have_distinct_starts(branches: list[Any]) -> bool:
    """Return whether each branch begins with a different literal character."""
    characters = set()
    for branch in branches:
        if not len(branch) or branch[0][0] is not codes.LITERAL:
            return False
        characters.add(branch[0][1])
    return len(characters) == len(branches)
