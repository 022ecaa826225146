"""Find the variables that are read only without a variable of an add-on, and stay with it.

url = os.environ.get("DATABASE_URL") or os.environ.get("POSTGRES_URL")
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from shield_ai.model.site import READ_SHAPES
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from shield_ai.model.site import FoundSite, Site
    from shield_ai.model.skip import SkipReason

# The code between two reads, of which the second one is evaluated only without the first one.
BETWEEN = regex(rb"[\s)]*\bor\b[\s(]*|\s+if\s+not\s+(\w{1,80})\s*:\s*\1\s*=\s*")


def find_addon_fallbacks(
    sites: Sequence[FoundSite],
    contents: Iterable[tuple[str, bytes]],
    reserved: Mapping[str, SkipReason],
) -> dict[str, SkipReason]:
    """Map the variables that replace a missing variable of an add-on to the reason to skip them.

    Moving only the replacement would migrate a value that production does not use.

    Args:
        sites: All sites of the app.
        contents: Path and content of the files that may read variables.
        reserved: Why variables stay in the environment.
    """
    held = {name for name, reason in reserved.items() if reason.id is SkipId.SET_BY_ADDON}
    texts = dict(contents) if held else {}
    found: dict[str, SkipReason] = {}
    for path, first, second in _successive_reads(sites):
        is_held = first.variable in held or first.variable in found
        if is_held and _replaces(first, second, texts.get(path, b"")):
            reason = SkipId.OVERRIDDEN.reason(reader="the app", other=first.variable)
            found.setdefault(second.variable, reason)
    return found


def _successive_reads(sites: Iterable[FoundSite]) -> Iterator[tuple[str, Site, Site]]:
    """Yield each read of a file with the one that follows it, and the path of the file."""
    reads = [(finding.path, site) for finding, site in sites if site.shape in READ_SHAPES]
    reads.sort(key=lambda read: (read[0], read[1].start))
    for (path, first), (other_path, second) in itertools.pairwise(reads):
        if path == other_path:
            yield path, first, second


def _replaces(first: Site, second: Site, raw: bytes) -> bool:
    """Return whether a read is the default of the one before it, or follows it in a chain."""
    if second.start < first.end:
        return True
    return bool(BETWEEN.fullmatch(raw, first.end, second.start))
