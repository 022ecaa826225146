"""Restrict a search to the regions of a file in which a match may begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Sequence

    from shield_ai.scan.text.start_search import StartSearch

MIN_BYTES_PER_START = 8  # where starts are closer, finditer() is faster


class Region(NamedTuple):
    """A region of a file, as byte offsets."""

    start: int
    stop: int  # a match begins before this offset
    end: int  # a match ends at this offset or before


def whole_file_region(raw: bytes) -> tuple[Region, ...]:
    """Return a single region, which covers the whole file."""
    return (Region(0, len(raw), len(raw)),)


def find_keywords(raw: bytes, region: Region, keywords: Sequence[bytes]) -> list[int]:
    """Return the offsets at which a keyword begins in a region, sorted.

    Args:
        raw: The file's bytes.
        region: The region; a keyword may end after it.
        keywords: The keywords, in lower case; the file may have them in upper case.
    """
    size = region.stop - region.start
    lower = raw[region.start : region.stop + max(map(len, keywords))].lower()
    offsets = []
    for keyword in keywords:
        at = lower.find(keyword)
        while 0 <= at < size:
            offsets.append(region.start + at)
            at = lower.find(keyword, at + 1)
    return sorted(offsets)


def finditer_in(
    pattern: re.Pattern[bytes],
    raw: bytes,
    regions: Iterable[Region],
    starts: StartSearch | None = None,
) -> Iterator[re.Match[bytes]]:
    """Like finditer(), but yield only matches that begin in one of the regions.

    Args:
        pattern: The regular expression.
        raw: The file's bytes.
        regions: The regions, sorted; they may overlap.
        starts: Searches for the offsets at which a match can begin, which is faster.
    """
    done = 0
    for region in regions:
        rest = region._replace(start=max(done, region.start))
        for match in _finditer(pattern, raw, rest, starts):
            if match.start() >= region.stop:
                break
            yield match
            done = match.end()


def _finditer(
    pattern: re.Pattern[bytes], raw: bytes, region: Region, starts: StartSearch | None
) -> Iterator[re.Match[bytes]]:
    offsets = starts.find(raw, region) if starts else []
    if not starts or len(offsets) * MIN_BYTES_PER_START > region.stop - region.start:
        yield from pattern.finditer(raw, region.start, region.end)
        return
    done = region.start
    for at in offsets:
        if at >= done and (match := pattern.match(raw, at, region.end)):
            yield match
            done = match.end()


def finditer_overlapping(
    pattern: re.Pattern[bytes], raw: bytes, regions: Iterable[Region]
) -> Iterator[re.Match[bytes]]:
    """Like finditer_in(), but search the text of many overlapping regions about once.

    A match can end after its own region, at the end of a region that overlaps it.

    Args:
        pattern: The regular expression, which matches no empty text.
        raw: The file's bytes.
        regions: The regions, sorted.
    """
    done = 0
    for group in _overlapping(regions):
        end = max(region.end for region in group)
        match = pattern.search(raw, max(done, group[0].start), end)
        for region in group:
            while match and match.start() < region.stop:
                if match.start() >= max(done, region.start):
                    yield match
                    done = match.end()
                match = pattern.search(raw, max(done, region.start), end)


def _overlapping(regions: Iterable[Region]) -> Iterator[list[Region]]:
    """Yield groups of regions. In a group, each region begins before the end of an earlier one."""
    group: list[Region] = []
    end = 0
    for region in regions:
        if group and region.start >= end:
            yield group
            group = []
        group.append(region)
        end = max(end, region.end)
    if group:
        yield group
