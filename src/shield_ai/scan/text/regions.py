"""Restrict a search to the regions of a file in which a match may begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator


class Region(NamedTuple):
    """A region of a file, as byte offsets."""

    start: int
    stop: int  # a match begins before this offset
    end: int  # a match ends at this offset or before


def whole(raw: bytes) -> tuple[Region, ...]:
    """Return a single region, which covers the whole file."""
    return (Region(0, len(raw), len(raw)),)


def finditer_in(
    pattern: re.Pattern[bytes], raw: bytes, regions: Iterable[Region]
) -> Iterator[re.Match[bytes]]:
    """Like finditer(), but yield only matches that begin in one of the regions.

    Args:
        pattern: The regular expression.
        raw: The file's bytes.
        regions: The regions, sorted; they may overlap.
    """
    done = 0
    for region in regions:
        for match in pattern.finditer(raw, max(done, region.start), region.end):
            if match.start() >= region.stop:
                break
            yield match
            done = match.end()
