"""Find the public keys of an app: in its pages, for its front end, and with names of site keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.app.app_paths import TEMPLATE_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.skip import SkipReason

MAX_SIZE = 200_000  # bytes
# A page loads a script with the key, or gives it to the widget of a CAPTCHA.
_PRINTED = rb"[^<>{}\n]{0,300}\{\{[^{}<>\n]{0,80}?\b([A-Z][A-Z0-9_]{1,80}KEY)\b[^{}<>\n]{0,80}\}\}"
PUBLISHED = regex(
    rb"<script\b[^<>{}\n]{0,300}?\bsrc="
    + _PRINTED
    + rb"|\bdata-(?:site)?key="
    + _PRINTED
    # a widget gets the key from a variable of the page
    + rb"|\b(?:embed|site|public|publishable)-key=[\"']\{\{\s{0,9}([a-z][a-z0-9_]{1,80}_key)\b"
)
PRIVATE_WORDS = word_set("SECRET PRIVATE PASSWORD")
# https://developers.google.com/recaptcha/intro
# https://docs.hcaptcha.com/
# https://developers.cloudflare.com/turnstile/get-started/
CAPTCHAS = word_set("RECAPTCHA HCAPTCHA TURNSTILE CAPTCHA")
# Bundlers write the values of variables with these prefixes into the scripts of pages.
# https://nextjs.org/docs/app/guides/environment-variables
# https://vite.dev/guide/env-and-mode
_BUNDLED = rb"\b(?P<name>(?:(?:NEXT_|NUXT_|EXPO_)?PUBLIC|VITE|REACT_APP|VUE_APP|GATSBY)_"
BUNDLED_DSN = regex(_BUNDLED + rb"(?P<variable>[A-Z0-9_]{0,40}DSN))\b")
# NEXT_PUBLIC_KEY=$MAPS_KEY, and the references of Compose and GitHub workflows
BUNDLED_REFERENCE = regex(
    _BUNDLED + rb"[A-Z0-9_]{1,80})[\"']?[ \t]{0,8}[=:][ \t]{0,8}[\"']?"
    rb"\$(?:\{\{[ \t]{0,8}(?:secrets|vars|env)\.|\{)?(?P<variable>[A-Z][A-Z0-9_]{1,80})\b"
)
BUILD_FILE = regex(
    r"(?:.*/)?(?:[\w.-]*[dD]ockerfile[\w.-]*|[\w.-]*compose[\w.-]*\.ya?ml|[\w.-]*env[\w.-]*)"
    r"|\.github/workflows/.+|\.gitlab-ci\.yml"
)
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
        if (b"KEY" in raw or b"-key=" in raw) and len(raw) <= MAX_SIZE:
            for match in PUBLISHED.finditer(raw):
                names.add((match[1] or match[2] or match[3]).decode().upper())
    return frozenset(name for name in names if PRIVATE_WORDS.isdisjoint(words(name)))


def find_browser_variables(paths: Iterable[str], read: FileReader) -> dict[str, SkipReason]:
    """Map the variables that files also give to the front end to the reason not to move them.

    The same name without the prefix is sufficient only for a DSN: other keys can have two values.

    Args:
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
    """
    found: dict[str, SkipReason] = {}
    for path in sorted(filter(BUILD_FILE.fullmatch, paths)):
        raw = read(path) or b""
        if len(raw) > MAX_SIZE:
            continue
        for pattern in (BUNDLED_REFERENCE, BUNDLED_DSN):
            for match in pattern.finditer(raw):
                variable, name = match["variable"].decode(), match["name"].decode()
                if PRIVATE_WORDS.isdisjoint(words(variable)):
                    found.setdefault(variable, SkipId.IN_BROWSER.reason(path=path, name=name))
    return found


def find_site_keys(variables: Collection[str]) -> frozenset[str]:
    """Return the site keys of CAPTCHAs among variables: RECAPTCHA_KEY beside RECAPTCHA_SECRET."""
    found = set()
    for variable in variables:
        head = variable.removesuffix("_KEY")
        if head != variable and not CAPTCHAS.isdisjoint(words(head)[-1:]):
            if any(head + suffix in variables for suffix in SECRET_SUFFIXES):
                found.add(variable)
    return frozenset(found)
