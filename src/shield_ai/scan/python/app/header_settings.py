"""Find the settings that other files send as the credential of a request.

    headers = {"Authorization": f"Bearer {settings.REPORT_AUTH}"}

Such a value is a secret, even if the name of the setting does not sound like one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.site import READ_SHAPES
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.classify.header_values import may_be_credential

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite

MAX_SIZE = 500_000  # bytes
_SETTING = rb"(?:\w{1,40}\.){0,3}([A-Z][A-Z0-9_]{1,80})"
_TEXT = rb"[\"'][^\"'\n{}]{0,60}"
# The value is the setting itself, or a text that ends with it.
SENT = regex(
    rb"(?i:[\"'](?:proxy-)?authorization[\"'])\s{0,4}(?::|\]\s?=)\s{0,40}\(?\s{0,40}(?:"
    rb"[fF]" + _TEXT + rb"\{" + _SETTING + rb"(?:![rs])?\}[^{}\n]{0,4}[\"']"
    rb"|(?:" + _TEXT + rb"[\"']\s?\+\s?)?" + _SETTING + rb"\s{0,40}[,})\n]"
    rb"|" + _TEXT + rb"%s[\"']\s?%\s?\(?" + _SETTING + rb"\b"
    rb"|" + _TEXT + rb"\{\}[\"']\.format\(\s{0,40}" + _SETTING + rb"\b"
    rb")"
)


def find_header_settings(paths: Iterable[str], read: FileReader) -> dict[str, str]:
    """Map settings that are the credential of a request to the file that sends them.

    Args:
        paths: The Python files of the app.
        read: Returns the bytes of a file; None if it can't be read.
    """
    found: dict[str, str] = {}
    for path in sorted(paths):
        raw = read(path) or b""
        if b"uthorization" in raw and len(raw) <= MAX_SIZE:
            for match in SENT.finditer(raw):
                name = next(filter(None, match.groups()))
                found.setdefault(name.decode(), path)
    return found


def explain_header_settings(sites: Iterable[FoundSite], settings: dict[str, str]) -> dict[str, str]:
    """Map the variables of settings that are credentials of a request to a message for the user.

    Args:
        sites: All sites of the app.
        settings: From `find_header_settings`.
    """
    messages = {}
    for finding, site in sites:
        path = settings.get(finding.name)
        is_read = site.shape in READ_SHAPES and may_be_credential(site.variable)
        if path and site.variable and is_read:
            messages[site.variable] = f"{path} sends {site.variable} as the credential of a request"
    return messages
