"""Search files for a pattern near the texts that its matches have, which is faster than `re`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from shield_ai.scan.rules.match_starts import find_anchors
from shield_ai.scan.text.regions import finditer_in, whole_file_region
from shield_ai.scan.text.start_search import StartSearch

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator


def find_all(pattern: re.Pattern[bytes], raw: bytes) -> Iterator[re.Match[bytes]]:
    """Like `pattern.finditer(raw)`."""
    return finditer_in(pattern, raw, whole_file_region(raw), _start_search(pattern.pattern))


def has_match(pattern: re.Pattern[bytes], raw: bytes) -> bool:
    """Return whether `pattern.search(raw)` finds a match."""
    starts = _start_search(pattern.pattern)
    if starts is None:
        return pattern.search(raw) is not None
    (region,) = whole_file_region(raw)
    return any(pattern.match(raw, at) for at in starts.iterate(raw, region))


@functools.cache
def _start_search(pattern: bytes) -> StartSearch | None:
    anchors = find_anchors(pattern.decode())
    return StartSearch(anchors) if anchors else None
