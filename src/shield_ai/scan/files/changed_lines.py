"""Find the lines that a new version of a file adds or changes."""

from __future__ import annotations

from collections import Counter

from shield_ai.project.perf.lazy_regex import regex

MAX_SIZE = 2_000_000  # bytes; the lines of larger files would need too much memory
# Programs number the lines of such files differently: lone carriage returns, UTF-16.
AMBIGUOUS = regex(rb"\r(?!\n)|\0")


def changed_lines(old: bytes | None, new: bytes) -> frozenset[int] | None:
    """Return the numbers of the lines that the old version of a file does not have.

    A moved line does not count as changed; an additional copy of a line does.

    Args:
        old: The old version; None for a new file.
        new: The new version.

    Returns:
        Line numbers from 1; None if all lines count as changed.
    """
    if old is None or max(len(old), len(new)) > MAX_SIZE:
        return None
    if AMBIGUOUS.search(new) or AMBIGUOUS.search(old):
        return None
    remaining = Counter(old.splitlines())
    changed = set()
    for number, line in enumerate(new.splitlines(), start=1):
        if remaining[line]:
            remaining[line] -= 1
        else:
            changed.add(number)
    return frozenset(changed)
