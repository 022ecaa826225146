"""Parts of a file in which something may begin: a long file is not searched whole for what stands in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator


class Region(NamedTuple):
    """A part of a file, in bytes."""

    start: int
    stop: int  # what is sought begins before it
    end: int  # and ends here at the latest


def whole(raw: bytes) -> tuple[Region, ...]:
    """Return the one region that is all of a file."""
    return (Region(0, len(raw), len(raw)),)


def within(
    pattern: re.Pattern[bytes], raw: bytes, regions: Iterable[Region]
) -> Iterator[re.Match[bytes]]:
    """Yield the matches that begin in some regions, as `finditer` would: in order, none within another.

    Args:
        pattern: What is sought.
        raw: The file.
        regions: In order.
    """
    done = 0
    for region in regions:
        for match in pattern.finditer(raw, max(done, region.start), region.end):
            if match.start() >= region.stop:
                break
            yield match
            done = match.end()
