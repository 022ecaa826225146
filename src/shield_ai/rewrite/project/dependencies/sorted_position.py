"""Find the position of a new name in a sorted list."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SORT_KEYS: tuple[Callable[[str], str], ...] = (canonicalize_name, str.lower, str)
MIN_SORTED = 3  # names; fewer can be in order by chance
MIN_IN_ORDER = 0.85  # of the names: sorted lists of projects often have a few misplaced names
MANY = 20  # names, of which fewer must be in order: they are not so by chance
MIN_OF_MANY = 0.75


def sorted_position(names: Sequence[str], name: str) -> int | None:
    """Return the position of a new name in a sorted list; None if the list is not sorted.

    A few names may be misplaced.
    """
    for key in SORT_KEYS:
        keys = [key(other) for other in names]
        if len(keys) < MIN_SORTED:
            continue
        in_order = _longest_sorted(keys)
        share = MIN_OF_MANY if len(keys) >= MANY else MIN_IN_ORDER
        if len(in_order) >= share * len(keys):
            earlier = [index for index in in_order if keys[index] <= key(name)]
            return earlier[-1] + 1 if earlier else 0
    return None


def _longest_sorted(keys: Sequence[str]) -> list[int]:
    """Return the indexes of a longest non-decreasing subsequence of the keys."""
    ends: list[str] = []  # the smallest last key of a sorted subsequence, by its length
    last: list[int] = []  # the indexes of these keys
    previous: list[int] = []  # for each key, the index before it in its subsequence; -1 for none
    for index, key in enumerate(keys):
        length = bisect.bisect(ends, key)
        previous.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [key]
        last[length : length + 1] = [index]
    found: list[int] = []
    index = last[-1] if last else -1
    while index >= 0:
        found.append(index)
        index = previous[index]
    return found[::-1]
