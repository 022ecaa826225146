"""Decide whether a configuration file has syntax that needs a parser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.assignment_patterns import NAME_CHARACTERS, NAME_END, SECRET_WORD
from shield_ai.scan.text.assignments import find_secret_words, name_start
from shield_ai.scan.text.credibility import Family, secret_family
from shield_ai.scan.text.regions import Region

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SIZE = 4_000_000  # bytes; larger files are slow to search
# A name from its secret-like word on; `name_start` finds its beginning.
NAME = rb"(?P<name>" + SECRET_WORD + NAME_END + rb")[\"']?"
BESIDE = (
    rb"|\b(?:name|key)[\"']?[ \t]{0,9}:\s{0,9}[\"']?(?P<beside>[\w.\-]{0,60}"
    + SECRET_WORD
    + rb"[\w.\-]{0,50})"
)
# Syntax that the regular expressions of `assignments` misread. Files without it are not parsed.
PARSER_MARKS = {
    "yaml_values": regex(
        rb"(?im)" + NAME + rb"(?:[ \t]{0,9}:[ \t]{0,9}"
        # A value that begins with ${ is a reference.
        rb"(?:[&!|>\[{#]|\r?$|\"(?:[^\"\\\n]|\\.){0,500}$|'[^'\n]{0,500}(?:$|'')"
        rb"|(?!\$\{)[^\s\"'#\[{&!|>][^\n]{0,500}?[ \t,}])"
        rb"|=(?!\$\{)[^\s\"'=][^\n]{0,500}?[ \t][^\s#]|[ \t]{0,9}\r?\n:)"
        + BESIDE
        + rb"|^kind:[ \t]{0,9}(?P<secret>(?:Sealed)?Secret)\b"
    ),
    "json_values": regex(
        rb"(?i)"
        + NAME
        + rb"\s{0,40}:\s{0,40}\{"
        + BESIDE
        + rb"|\"kind\"\s{0,40}:\s{0,40}\"(?P<secret>(?:Sealed)?Secret)\""
    ),
    "multiline_strings": regex(rb"(?i)" + NAME + rb"[ \t]{0,40}=[ \t]{0,40}(?:\"{3}|'{3}|<<)"),
    "docker_values": regex(rb"(?im)^[ \t]{0,40}ENV[ \t]+\w{0,60}?" + NAME + rb"[ \t]+[^=\s]"),
    "line_values": regex(
        rb"(?im)"
        + NAME
        + rb"[ \t]{0,40}[=:][ \t]{0,40}(?:\r?$|\"[^\"\n]{0,500}$|'[^'\n]{0,500}$"
        + rb"|[^\s\"'][^\n]{0,500}?[ \t][^\s#;])"
    ),
}
# Text before a secret-like word with which a match of "yaml_values" can begin.
YAML_BEFORE = regex(
    rb"(?im)(?:\b(?:name|key)[\"']?[ \t]{0,9}:\s{0,9}[\"']?[\w.\-]{0,60}"
    rb"|^kind:[ \t]{0,9}(?:Sealed)?)\Z"
)
MAX_YAML_BEFORE = 90  # bytes
# The first key of a map on the line after its name.
YAML_MAP = regex(
    rb"[ \t]{0,40}\r?\n(?P<indent> {1,60})(?:\"[\w$./@-]{1,80}\"|'[\w$./@-]{1,80}'|[\w$./@-]{1,80})"
    rb"[ \t]{0,9}:(?=\s)"
)
YAML_DEFAULT = regex(rb"(?i)\b(?:default|value)[\"']?\s{0,9}:|\\")
MAX_YAML_MAP = 4096  # bytes
# The parts of "json_values", which would take long on a large file.
JSON_MAP = regex(rb"(?i)" + NAME + rb"\s{0,40}:\s{0,40}\{")
JSON_NAME_KEY = regex(rb"(?i)\b(?:name|key)[\"']?[ \t]{0,9}:\s{0,9}[\"']?\Z")
JSON_SECRET = regex(rb"(?i)\"kind\"\s{0,40}:\s{0,40}\"(?:Sealed)?Secret\"")
MAX_NAME_KEY = 30  # bytes of the text before a name that `JSON_NAME_KEY` matches
JSON_CONTENT = regex(rb"(?i)\"value\"\s{0,40}:|\"kind\"\s{0,40}:\s{0,40}\"(?:Sealed)?Secret\"")


class ConfigTooLargeError(Exception):
    """A configuration file is too large to parse."""


def needs_parser(
    name: str, raw: bytes, part: Region | None = None, *, has_found: bool = True
) -> bool:
    """Return whether the regular expressions of `assignments` may misread a file.

    Args:
        name: The key of its format in `PARSER_MARKS`.
        raw: The file.
        part: The part to search; None for the whole file.
        has_found: Whether they have found an assignment, which the parser may reject.

    Raises:
        ConfigTooLargeError: The file is too large to search.
    """
    if name == "json_values" and not JSON_CONTENT.search(raw):
        return False  # translations and schemas have maps with secret-like names
    if len(raw) > MAX_SIZE:
        raise ConfigTooLargeError
    region = part or Region(0, len(raw), len(raw))
    if name == "json_values":
        has_secret = JSON_SECRET.search(raw, region.start, region.end) is not None
        return has_secret or any(map(is_secret_name, _json_names(raw, region)))
    marks = (mark for mark in find_marks(name, raw, region) if is_secret_mark(raw, mark))
    if has_found:
        return any(True for _ in marks)
    return not all(_is_map_without_texts(raw, mark) for mark in marks)


def find_marks(name: str, raw: bytes, region: Region) -> Iterator[re.Match[bytes]]:
    """Yield the matches of a pattern of `PARSER_MARKS` in a region, far faster than finditer()."""
    pattern = PARSER_MARKS[name]
    if name == "docker_values":
        yield from pattern.finditer(raw, region.start, region.end)
        return
    starts = set()
    for at in find_secret_words(raw, region):
        starts.add(at)
        if name == "yaml_values":
            before = YAML_BEFORE.search(raw, max(region.start, at - MAX_YAML_BEFORE), at)
            if before:
                starts.add(before.start())
    done = 0
    for start in sorted(starts):
        match = pattern.match(raw, start, region.end) if start >= done else None
        if match:
            yield match
            done = match.end()


def _is_map_without_texts(raw: bytes, mark: re.Match[bytes]) -> bool:
    """Return whether a map without the text of a secret is below a name, as in a schema."""
    first = YAML_MAP.match(raw, mark.end())
    if not first or mark[0][-1:] != b":":
        return False
    limit = first.end() + MAX_YAML_MAP
    end = re.compile(rb"\n {0,%d}[^\s]" % (len(first["indent"]) - 1)).search(
        raw, first.end(), limit
    )
    stop = end.start() if end else len(raw)
    return stop <= limit and not YAML_DEFAULT.search(raw, first.start(), stop)


def _json_names(raw: bytes, region: Region) -> Iterator[str]:
    """Yield the names of maps, and the texts under the keys `name` and `key`, in a JSON file."""
    for at in find_secret_words(raw, region):
        start = name_start(raw, at)
        if match := JSON_MAP.match(raw, at, region.end):
            yield (raw[start:at] + match["name"]).decode("utf-8", "replace")
        elif JSON_NAME_KEY.search(raw, max(0, start - MAX_NAME_KEY), start):
            rest = NAME_CHARACTERS.match(raw, at, region.end)
            yield raw[start : rest.end() if rest else at].decode("utf-8", "replace")


def is_secret_mark(raw: bytes, match: re.Match[bytes]) -> bool:
    """Return whether a match of `PARSER_MARKS` has a secret-like name."""
    groups = match.groupdict()
    if groups.get("secret"):
        return True
    name = groups.get("beside")
    if not name:
        name = raw[name_start(raw, match.start()) : match.start()] + match["name"]
    return is_secret_name(name.decode("utf-8", "replace"))


def is_secret_name(name: str) -> bool:
    """Return whether a name looks like the name of a secret; `key` alone does not."""
    return name.lower() != "key" and secret_family(name) is not Family.NONE
