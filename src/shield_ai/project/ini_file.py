"""Parse INI files of a repository in linear time."""

from __future__ import annotations

import configparser
import functools

from shield_ai.project.perf.lazy_regex import regex

PARSED_FILES = 64  # kept in the cache
# The time of configparser grows with the square of the spaces in a line.
LONG_GAP = regex(r"\S[^\S\n]{200}")


@functools.lru_cache(maxsize=PARSED_FILES)
def parse_ini(raw: bytes | None) -> configparser.ConfigParser:
    """Return the sections of an INI file; none if it is missing or invalid."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        text = (raw or b"").decode("utf-8-sig")
        if not LONG_GAP.search(text):
            parser.read_string(text)
    except (configparser.Error, UnicodeDecodeError):
        return configparser.ConfigParser(interpolation=None)
    return parser
