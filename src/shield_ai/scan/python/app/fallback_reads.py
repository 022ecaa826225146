"""Find reads that run only if another variable is not set: two names of one value.

NAME = os.environ.get("DB_NAME", os.environ.get("POSTGRES_DB", "shop"))
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.site import READ_SHAPES
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.model.site import FoundSite, Site
    from shield_ai.scan.python.app.cross_file import ProjectContext

# The code between two reads, of which the second one is evaluated only without the first one.
BETWEEN = regex(rb"[\s)]*\bor\b[\s(]*|\s+if\s+not\s+(\w{1,80})\s*:\s*\1\s*=\s*")


class Fallback(NamedTuple):
    """A read, and the next read of the file, which runs only without the variable of the first."""

    path: str
    first: Site
    second: Site


def find_fallback_reads(
    sites: Iterable[FoundSite], contents: Iterable[tuple[str, bytes]]
) -> Iterator[Fallback]:
    """Yield each read with the one that runs only without its variable.

    Args:
        sites: All sites of the app.
        contents: Path and content of the files that may read variables.
    """
    texts = dict(contents)
    reads = [(finding.path, site) for finding, site in sites if site.shape in READ_SHAPES]
    reads.sort(key=lambda read: (read[0], read[1].start))
    for (path, first), (other_path, second) in itertools.pairwise(reads):
        if path == other_path and _replaces(first, second, texts.get(path, b"")):
            yield Fallback(path, first, second)


def _replaces(first: Site, second: Site, raw: bytes) -> bool:
    """Return whether a read is the default of the one before it, or follows it in a chain."""
    if second.start < first.end:
        return True
    return bool(BETWEEN.fullmatch(raw, first.end, second.start))


def mark_database_fallbacks(
    sites: list[FoundSite],
    contents: Iterable[tuple[str, bytes]],
    context: ProjectContext,
    manifest_variables: Collection[str],
) -> list[FoundSite]:
    """Keep the second name of a database's field in the environment, as a default of the first.

    One database needs one secret. A variable that the app also reads in another way can belong to
    another database, and is moved.

    Args:
        sites: All sites of the app.
        contents: Path and content of the files that may read variables.
        context: Gets the variables that stay in the environment.
        manifest_variables: Variables in shield.toml, which are moved.

    Returns:
        The sites. The default of the first name no longer serves production.
    """
    fallbacks = [
        fallback
        for fallback in find_fallback_reads(sites, contents)
        if _is_same_field(fallback.first, fallback.second)
    ]
    kept = _names_to_keep(sites, fallbacks, context.reserved.keys(), manifest_variables)
    for name, other in kept.items():
        context.reserved[name] = SkipId.FALLBACK.reason(other=other)
    required = {(path, first.start) for path, first, second in fallbacks if second.variable in kept}
    marked = []
    for finding, site in sites:
        is_required = (finding.path, site.start) in required
        marked.append((finding, _without_default(site) if is_required else site))
    return marked


def _is_same_field(first: Site, second: Site) -> bool:
    return bool(first.field) and (first.group, first.field) == (second.group, second.field)


def _names_to_keep(
    sites: list[FoundSite],
    fallbacks: list[Fallback],
    reserved: Collection[str],
    moved: Collection[str],
) -> dict[str, str]:
    """Map each variable that is only read as a fallback of one other variable to that variable."""
    reads = Counter(site.variable for _, site in sites if site.shape in READ_SHAPES)
    pairs = Counter((first.variable, second.variable) for _, first, second in fallbacks)
    kept: dict[str, str] = {}
    for (first, second), number in pairs.items():
        other = kept.get(first, first)
        is_reserved = other in reserved or second in reserved
        if number == reads[second] and second not in moved and not is_reserved:
            kept[second] = other
    return kept


def _without_default(site: Site) -> Site:
    """Return a read whose default is for development."""
    return msgspec.structs.replace(site, default_ok_in_production=False)
