"""Find values with a secret-like name, in any language: `name = "value"`, `name: value`, XML.

The search works on bytes, so that files need not be decoded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.scan.text.assignment_patterns import (
    ARGUMENT,
    BINDING,
    CALL_START,
    COMPARISON,
    DEFAULT,
    ENCRYPTED,
    IN_CODE,
    IN_TEXT,
    ITEM,
    LIST,
    MAX_AFTER_MARK,
    MAX_BEFORE_MARK,
    MAX_INDENT,
    NAME_CHARACTERS,
    NUMBER_BEFORE,
    OPERATION_AFTER,
    PAIR_MARK,
    PAIRS,
    QUOTES,
    REMOTE,
    SECRET_WORD_PREFIXES,
    SETTER,
    SUBCOMMAND,
    UPPER,
    WORD_BEFORE,
    WORD_BEFORE_KEY,
    XML_ELEMENT,
    YAML_ITEM,
)
from shield_ai.scan.text.randomness import is_random
from shield_ai.scan.text.regions import Region, find_keywords, finditer_overlapping

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Sequence


class Assignment(NamedTuple):
    """A name and its value, with byte offsets."""

    name: str
    value: str
    start: int
    end: int
    name_start: int
    quoted: bool
    compared: bool = False  # the value is compared with the name, not assigned to it
    declared: bool = False  # it is in a Kubernetes Secret, and may be secret under any name


def assignments(raw: bytes, regions: Iterable[Region], *, unquoted: bool) -> Iterator[Assignment]:
    """Yield each secret-like name to which a text is assigned, with the text.

    Args:
        raw: The file's bytes.
        regions: The regions that may contain such names, sorted.
        unquoted: Whether values may be unquoted, as in configuration files.
    """
    pattern = IN_TEXT if unquoted else IN_CODE
    done = 0
    for region in regions:
        for at in find_secret_words(raw, region):
            if at < done:
                continue
            if match := pattern.match(raw, at, region.end):
                found = _parse_assignment(raw, match, unquoted=unquoted)
                done = match.end()
                if found:
                    yield found
                elif match["comma"] is not None:
                    # {"confirm": "password", "password": "…"}: the value is also the next name.
                    done = match.end("comma")
            elif list_start := LIST.match(raw, at, region.end):
                done = list_start.end()
                yield from _list_items(raw, list_start)
            elif unquoted and (item := YAML_ITEM.match(raw, at, region.end)):
                done = item.end()
                yield from _yaml_item(raw, item)


def find_secret_words(raw: bytes, region: Region) -> list[int]:
    """Return the offsets at which a secret-like word may begin in a region, sorted."""
    return find_keywords(raw, region, SECRET_WORD_PREFIXES)


def name_start(raw: bytes, at: int) -> int:
    """Return the offset at which the name around an offset begins, at most 60 bytes before it."""
    before = NAME_CHARACTERS.match(raw[max(0, at - 60) : at][::-1])
    return at - (before.end() if before else 0)


def _list_items(raw: bytes, match: re.Match[bytes]) -> Iterator[Assignment]:
    """Yield the random-looking texts of a list. Words in a list are names, options or rules."""
    start = name_start(raw, match.start())
    name = raw[start : match.end("name")].decode("utf-8", "replace")
    item = ITEM.match(raw, match.end())
    while item:
        group = next(g for g in ("double", "single", "escaped") if item[g] is not None)
        value = item[group].decode("utf-8", "replace")
        if is_random(value):
            yield Assignment(name, value, *item.span(group), start, quoted=True)
        item = ITEM.match(raw, item.end())


def _yaml_item(raw: bytes, match: re.Match[bytes]) -> Iterator[Assignment]:
    """Yield the first item of a list, if it looks random."""
    start = name_start(raw, match.start())
    rest = NAME_CHARACTERS.match(raw, start)
    name = rest[0].decode("utf-8", "replace") if rest else ""
    value = match["value"].decode("utf-8", "replace")
    if is_random(value):
        yield Assignment(name, value, *match.span("value"), start, quoted=False)


def pairs(raw: bytes, regions: Sequence[Region]) -> Iterator[Assignment]:
    """Yield each secret-like name and the value beside it, without duplicates.

    Args:
        raw: The file's bytes.
        regions: The regions that may contain such names, sorted.
    """
    near = []
    for region in regions:
        for at in find_secret_words(raw, region):
            if mark := PAIR_MARK.match(raw, at, region.end):
                start = max(0, mark.start() - MAX_BEFORE_MARK)
                end = min(len(raw), mark.end() + MAX_AFTER_MARK)
                near.append(Region(start, mark.start() + 1, end))
    found: dict[tuple[int, int], tuple[re.Match[bytes], bool]] = {}
    for pattern in PAIRS:
        for match in finditer_overlapping(pattern, raw, near):
            found[match.span("value")] = match, pattern is XML_ELEMENT
    for span, (match, is_element) in found.items():
        start, end = span
        if ENCRYPTED.fullmatch(raw, start, end):  # the braces are not part of the value
            start += 1
            end -= 1
        name = match["tag"].decode("utf-8", "replace")
        value = raw[start:end].decode("utf-8", "replace")
        if is_element and " " in value and not is_random(value):
            continue  # a text of a user interface
        yield Assignment(name, value, start, end, match.start("tag"), quoted=True)


def _parse_assignment(raw: bytes, match: re.Match[bytes], *, unquoted: bool) -> Assignment | None:
    """Return the name and the value of a match; None if it is not an assignment."""
    begin = name_start(raw, match.start())
    rest = NAME_CHARACTERS.match(raw, match.start())
    name = raw[begin : rest.end() if rest else match.end()]
    if not _is_name(raw, name, begin, match):
        return None
    group = _value_group(raw, match, unquoted=unquoted)
    if not group or (match["comma"] and group not in QUOTES):
        return None
    start, end = match.span(group)
    if group == "bare":
        if raw[end - 1 : end] == b";":
            end -= 1
        if _is_unquoted_text(raw, match, begin, end) or _is_in_vocabulary(raw, begin, start, end):
            return None
    if raw.startswith(b"${", start) and (default := DEFAULT.fullmatch(raw, start, end)):
        start, end = default.span("value")
    return Assignment(
        name=name.decode("utf-8", "replace"),
        value=raw[start:end].decode("utf-8", "replace"),
        start=start,
        end=end,
        name_start=begin,
        quoted=group in QUOTES,
        compared=bool(COMPARISON.search(raw, match.start(), start)),
    )


def _is_name(raw: bytes, name: bytes, begin: int, match: re.Match[bytes]) -> bool:
    """Return whether the name of a match can be the name of a secret."""
    if raw[max(0, begin - 2) : begin] in (b"::", b"$("):
        return False  # the type AWS::KMS::Key, the command $(pwd)
    if BINDING.match(raw, begin - 2) or (name == b"secretKey" and REMOTE.match(raw, match.end())):
        return False
    if match["comma"] and not _is_argument(raw, name, begin, match):
        return False
    if _is_subcommand(raw, name, begin):
        return False
    return name.lower() != b"key" or not _is_map_key(raw, begin, match)


def _is_subcommand(raw: bytes, name: bytes, begin: int) -> bool:
    """Return whether a name is part of a command in text: `aws secretsmanager list-secrets`: …."""
    is_subcommand = bool(SUBCOMMAND.match(name))
    return is_subcommand and bool(WORD_BEFORE.search(raw, max(0, begin - 40), begin))


def _is_map_key(raw: bytes, begin: int, match: re.Match[bytes]) -> bool:
    """Return whether `key` is a map key: without a word before it and without `=` after it."""
    sign = raw[match.start() : match.start() + 12].partition(b"\n")[0]
    return b"=" not in sign and not WORD_BEFORE_KEY.search(raw, max(0, begin - 40), begin)


def _is_unquoted_text(raw: bytes, match: re.Match[bytes], begin: int, end: int) -> bool:
    """Return whether the unquoted text after a name is a command or prose instead of a value."""
    start = match.start("bare")
    before_value = raw[start - 1 : start]
    if raw[begin - 1 : begin] == b":" and before_value == b":":
        return True  # the documentation of a format: user:password:uid:gid
    if before_value.isspace() and ARGUMENT.match(raw, end):
        return True  # a command: `$password = Read-Host -AsSecureString`
    if raw[end : end + 1] not in (b" ", b"\t") or b"=" in raw[match.start() : start]:
        return False
    # `password: any text you like` is prose, `PASSWORD=abc command` is not.
    return raw[end : end + 20].lstrip(b" \t")[:1] not in b"#;,/\r\n"


def _is_in_vocabulary(raw: bytes, begin: int, start: int, end: int) -> bool:
    """Return whether the value of a name is the number after that of the word before it."""
    if not raw[start:end].isdigit():
        return False
    before = NUMBER_BEFORE.search(raw, max(0, begin - 60), begin)
    return before is not None and int(before[1]) + 1 == int(raw[start:end])


def _value_group(raw: bytes, match: re.Match[bytes], *, unquoted: bool) -> str:
    """Return the group of the value; empty for a docstring and a value that is computed."""
    group = next((g for g in QUOTES if match[g] is not None), "")
    if not group:
        return "bare" if match["bare"] is not None else "env"
    if unquoted and group == "back" and b" " in match[group]:
        return ""  # the output of a shell command
    if _is_docstring(raw, match, match.start(group)) or _is_computed(raw, match, group):
        return ""
    return group


def _is_computed(raw: bytes, match: re.Match[bytes], group: str) -> bool:
    """Return whether the text is an f-string, or is formatted, joined or indexed."""
    if b"f" in match["prefix"].lower() and b"{" in match[group]:
        return True
    return bool(OPERATION_AFTER.match(raw, match.end()))


def _is_docstring(raw: bytes, match: re.Match[bytes], start: int) -> bool:
    """Return whether the text is the docstring of a function like `def check(password):`."""
    has_triple_quotes = raw[start - 3 : start] in (b'"""', b"'''")
    return has_triple_quotes and b"\n" in raw[match.start() : start]


def _is_argument(raw: bytes, name: bytes, begin: int, match: re.Match[bytes]) -> bool:
    """Return whether a quoted name and the text after its comma are the arguments of a call."""
    if SETTER.search(raw, max(0, begin - 130), begin):
        return True
    if not CALL_START.search(raw, max(0, begin - MAX_INDENT), begin):
        return False
    if UPPER.fullmatch(name):  # getenv("NAME", "value")
        return len(name) > len("PW")  # ("PW", "Palau")
    if b"pass" in name.lower():  # check("password", "$2b$…") compares two values
        return False
    value = match["double"] or match["single"] or b""
    return is_random(value.decode("utf-8", "replace"))
