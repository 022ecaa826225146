"""Find the variables with the address of a proxy that needs no login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.site import READ_SHAPES
from shield_ai.model.skip import SkipId
from shield_ai.model.words import words
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import SkipReason

# The files that can show a value, and those that can split a URL into its parts.
FILES = regex(r"(?:.*/)?(?:[^/]*env[^/]*|README[^/]*|[^/]*\.(?:md|rst|txt|ya?ml|sh|py))")
URL_WITH_LOGIN = regex(rb"://[^\s/@\"']{1,200}@")
PROXY = regex(rb"(?i)\w{0,200}proxy_ur[li]\b")
URL_PARTS = regex(rb"\.(?:username|password)\b")
MAX_SIZE = 200_000  # bytes


def find_proxy_addresses(
    sites: Sequence[FoundSite], paths: Iterable[str], read: FileReader
) -> dict[str, SkipReason]:
    """Map such variables to the reason to skip them.

    A file that names the variable in a line with a login, or that takes the login from a URL,
    shows that the address can contain one.

    Args:
        sites: All sites of the app.
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
    """
    names = {site.variable for _, site in sites if site.shape in READ_SHAPES}
    addresses = {name for name in names if words(name)[-2:] in {("PROXY", "URL"), ("PROXY", "URI")}}
    for path in filter(FILES.fullmatch, paths) if addresses else ():
        raw = (read(path) or b"")[:MAX_SIZE]
        with_login = set(_names_with_login(path, raw))
        addresses = {name for name in addresses if name.upper() not in with_login}
    return dict.fromkeys(sorted(addresses), SkipId.HARMLESS_LABEL.reason())


def _names_with_login(path: str, raw: bytes) -> Iterator[str]:
    """Yield the names, in upper case, with a URL that can contain a login according to a file."""
    takes_login = path.endswith(".py") and URL_PARTS.search(raw)
    for line in raw.splitlines():
        if takes_login or URL_WITH_LOGIN.search(line):
            yield from (name.decode().upper() for name in PROXY.findall(line))
