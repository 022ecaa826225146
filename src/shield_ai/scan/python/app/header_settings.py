"""Find the settings that other files send as the credential of a request.

    headers = {"Authorization": f"Bearer {settings.REPORT_AUTH}"}

Such a value is a secret, even if the name of the setting does not sound like one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.pattern_search import find_all

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def header_settings_in(raw: bytes) -> Iterator[bytes]:
    """Yield the settings that a Python file sends as the credential of a request."""
    if b"uthorization" in raw:
        for match in find_all(SENT, raw):
            yield next(filter(None, match.groups()))
