"""Find the URLs of servers for which the app reads the user and the password separately.

For example, `SEARCH_ES_URL` beside `SEARCH_ES_USERNAME` and `SEARCH_ES_PASSWORD`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.database_fields import DATABASE_FIELDS, DATABASE_WORDS
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.site import READ_SHAPES
from shield_ai.model.skip import SkipId
from shield_ai.model.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.model.site import FoundSite, Site
    from shield_ai.model.skip import SkipReason

MAX_LINES = 10  # between the reads


def find_separate_logins(
    sites: Sequence[FoundSite], contents: Iterable[tuple[str, bytes]]
) -> dict[str, SkipReason]:
    """Map the variables of URLs with a separate login to the reason not to migrate them.

    A database is left out: its URL is an alternative to separate variables.

    Args:
        sites: All sites of the app, also those of variables that are not secrets.
        contents: Path and content of the files that may read variables.
    """
    texts = dict(contents)
    reads = [(finding, site) for finding, site in sites if site.shape in READ_SHAPES]
    urls = [(finding, site) for finding, site in reads if _is_server_url(site)]
    beside = _by_path_and_stem(reads)
    reasons: dict[str, SkipReason] = {}
    with_login = set()
    for finding, site in urls:
        others = beside[finding.path, words(site.variable)[:-1]]
        password = _sibling(finding, others, "password")
        if password and _sibling(finding, others, "username"):
            reasons[site.variable] = SkipId.SEPARATE_LOGIN.reason(password=password)
        if _has_login(site, texts.get(finding.path, b"")):
            with_login.add(site.variable)
    return {variable: reasons[variable] for variable in reasons.keys() - with_login}


def _by_path_and_stem(
    reads: Iterable[FoundSite],
) -> dict[tuple[str, tuple[str, ...]], list[FoundSite]]:
    """Group reads by their file, and the words of the variable before the last one."""
    found: dict[tuple[str, tuple[str, ...]], list[FoundSite]] = {}
    for finding, site in reads:
        found.setdefault((finding.path, words(site.variable)[:-1]), []).append((finding, site))
    return found


def _is_server_url(site: Site) -> bool:
    is_url = meaning(site.variable) is Meaning.URL
    return is_url and DATABASE_WORDS.isdisjoint(words(site.variable))


def _has_login(site: Site, raw: bytes) -> bool:
    """Return whether a URL may contain a login, by its default or another branch."""
    return site.has_alternative_branch or b"@" in raw[site.default_start : site.default_end]


def _sibling(url: Finding, reads: Iterable[FoundSite], field: str) -> str:
    """Return the variable of a field of the same server that is read near its URL, or "".

    Args:
        url: The read of the URL.
        reads: The reads in the same file of variables that differ only in the last word.
        field: The field.
    """
    for other, read in reads:
        *stem, last = words(read.variable) or ("",)
        if stem and last in DATABASE_FIELDS[field] and abs(other.line - url.line) <= MAX_LINES:
            return read.variable
    return ""
