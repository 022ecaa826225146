"""Recognize URLs without credentials, such as `redis://redis:6379/0`."""

from __future__ import annotations

from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.credibility import Family, secret_family
from shield_ai.scan.text.randomness import is_random

URL = regex(
    r"[a-z][a-z0-9+.-]{1,20}://[\w.,:\[\]-]{0,500}(?P<path>/[^\s@?#]{0,500})?"
    r"(?:\?(?P<query>[^\s@?#]{1,500}))?"
)
# A word or a number. Anything else in a path can be a token.
SEGMENT = regex(r"[a-z]{1,30}\d?(?:[_.-][a-z]{1,30}\d?){0,6}|v?\d{1,5}|")
# `$NAME`, `${NAME}` and `${NAME:-default}`. https://docs.docker.com/reference/compose-file/interpolation/
REFERENCE = regex(r"\$(?:(?P<plain>\w{1,100})|\{(?P<name>\w{1,100})(?::?-[\w.]{0,100})?\})")
# The last words of variables with a part of a URL that is not secret.
SERVER_WORDS = word_set("HOST HOSTNAME SERVER ADDRESS DOMAIN IP PORT DB DATABASE")
OPTION = regex(r"[A-Za-z]\w{0,40}=[\w.,:/-]{0,100}")


def is_plain_url(text: str) -> bool:
    """Return whether a text is a URL without a user, a password, a key or a token."""
    match = URL.fullmatch(text)
    if match is None:
        return False
    segments = (match["path"] or "").split("/")
    if any(is_random(segment) or not SEGMENT.fullmatch(segment) for segment in segments):
        return False
    options = match["query"].split("&") if match["query"] else []
    return all(map(_is_plain_option, options))


def is_url_of_server(text: str) -> bool:
    """Return whether a text is such a URL with variables for the server or its parts.

    An example is `redis://${REDIS_HOST}:${REDIS_PORT}/0`.
    """
    names = [match["plain"] or match["name"] for match in REFERENCE.finditer(text)]
    if not names or any(SERVER_WORDS.isdisjoint(words(name)[-1:]) for name in names):
        return False
    return is_plain_url(REFERENCE.sub("x", text))


def _is_plain_option(option: str) -> bool:
    name, _, value = option.partition("=")
    if not OPTION.fullmatch(option) or is_random(value):
        return False
    return secret_family(name) is Family.NONE
