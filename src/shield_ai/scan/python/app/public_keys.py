"""Find the public keys of an app: those in its pages, and those with names of site keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.app.app_paths import TEMPLATE_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from shield_ai.model.file_reader import FileReader

MAX_SIZE = 200_000  # bytes
# A page loads a script with the key, or gives it to the widget of a CAPTCHA.
_PRINTED = rb"[^<>{}\n]{0,300}\{\{[^{}<>\n]{0,80}?\b([A-Z][A-Z0-9_]{1,80}KEY)\b[^{}<>\n]{0,80}\}\}"
PUBLISHED = regex(
    rb"<script\b[^<>{}\n]{0,300}?\bsrc=" + _PRINTED + rb"|\bdata-(?:site)?key=" + _PRINTED
)
PRIVATE_WORDS = word_set("SECRET PRIVATE")
# https://developers.google.com/recaptcha/intro
# https://docs.hcaptcha.com/
# https://developers.cloudflare.com/turnstile/get-started/
CAPTCHAS = word_set("RECAPTCHA HCAPTCHA TURNSTILE CAPTCHA")
SECRET_SUFFIXES = ("_SECRET", "_SECRET_KEY", "_PRIVATE_KEY")


def find_published_keys(paths: Iterable[str], read: FileReader) -> frozenset[str]:
    """Return the keys that pages pass to scripts and to the widgets of CAPTCHAs.

    Args:
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
    """
    names: set[str] = set()
    for path in paths:
        if not path.endswith(TEMPLATE_SUFFIXES):
            continue
        raw = read(path) or b""
        if b"KEY" in raw and len(raw) <= MAX_SIZE:
            for match in PUBLISHED.finditer(raw):
                names.add((match[1] or match[2]).decode())
    return frozenset(name for name in names if PRIVATE_WORDS.isdisjoint(words(name)))


def find_site_keys(variables: Collection[str]) -> frozenset[str]:
    """Return the site keys of CAPTCHAs among variables: RECAPTCHA_KEY beside RECAPTCHA_SECRET."""
    found = set()
    for variable in variables:
        head = variable.removesuffix("_KEY")
        if head != variable and not CAPTCHAS.isdisjoint(words(head)[-1:]):
            if any(head + suffix in variables for suffix in SECRET_SUFFIXES):
                found.add(variable)
    return frozenset(found)
