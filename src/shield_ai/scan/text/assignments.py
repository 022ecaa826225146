"""Find values with a secret-like name, in any language: `name = "value"`, `name: value`, XML.

The search works on bytes, so that files need not be decoded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.randomness import is_random
from shield_ai.scan.text.regions import Region, finditer_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# A secret-like name contains one of these words. `name_start` and NAME_END find the rest of it.
SECRET_WORD = (
    rb"(?:passw|passphrase|passcode|pswd|pwd|pass\b|pass_|_pass|pw\b|secret|token|key|auth"
    rb"|credential|creds|salt|bearer|ticket|nonce|signature|verifier)"
)
# The beginnings of the words, in lower case: bytes.find() is far faster than the regex.
CORE_PREFIXES = tuple(
    b"""
    pass _pass pswd pw secret token key auth cred salt bearer ticket nonce signature verifier
    """.split()
)
NAME_END = rb"[\w\-]{0,50}"
# OPERATOR matches the text between a name and its value: an operator such as = or :=, the = after
# a type annotation, a comma after a quoted name, as in setdefault() and define(), or white space,
# as in Gradle and in `the password is "…"`.
SIGN = rb":=|={1,3}>?|!={1,2}|=>|:|\?=|\+="
# Operators before the default of an unset variable, as in `process.env.API_TOKEN || "…"`.
ELSE = rb"\|\||\?\?|\?:"
OPERATOR = (
    rb"(?:\\?[\"'`]?\]?\)?(?:\s{0,8}|[ \t]{9,40})"
    rb"(?:(?::\s{0,3}[A-Za-z_][\w\[\], |.]{0,40}?\s{0,3}=|" + SIGN + rb")(?!=)"
    rb"|(?:" + ELSE + rb")(?=\s{0,8}[\"'`]))"
    rb"|(?P<comma>[\"'`]\s{0,4},\s{0,8})"
    rb"|[ \t]{1,3}(?:is[ \t:]{1,3}(?=[\"'`])|(?=[\"'][^\"'\n]{4,80}[\"'][ \t]*(?:[\n\r};]|\Z))))"
)
# Functions that return or decode their argument, so that the argument is the secret.
CALLS = (
    rb"b64decode|base64decode|unhexlify|fromhex|a2b_hex|atob|buffer\.from|secretstr|secretbytes"
    rb"|to_bytes|bytes|bytearray|quote_plus|\[\]byte"
)
# A lookbehind tests the name of the function only once, which is far faster than at each letter.
CALL = (
    rb"[\w.\[\]]{4,50}+\((?:"
    + b"|".join(rb"(?<=" + name + rb"\()" for name in CALLS.split(b"|"))
    + rb")[ \t]{0,4}"
)
QUOTED = (
    rb"[ \t]{0,40}\(?[ \t]{0,9}\n?[ \t]{0,40}\(?(?:" + CALL + rb")?(?P<prefix>[bBrRuUfF@$]{0,2})"
    rb"(?:\"(?:\"\")?(?P<double>(?:[^\"\\\r\n]|\\.){4,4096}+)\""
    rb"|'(?:'')?(?P<single>(?:[^'\\\r\n]|\\.){4,4096}+)'"
    rb"|`(?P<back>[^`\r\n]{4,4096}+)`|\\\"(?P<escaped>[^\"\\\r\n]{4,4096}+)\\\")"
)
BARE = (
    rb"[ \t]{0,40}(?:\\\r?\n[ \t]{0,40})?(?P<bare>[^\s\"'`#;,][^\s\"'`,]{3,511}+)"
    rb"(?=[ \t]*(?:[#;,]|//|[\r\n]|\Z)|[\"'`]|[ \t]+[a-z&|\\$\"'.\-])"
)
# `ENV NAME value` in a Dockerfile.
SPACED = rb"[ \t]{1,4}[\"']?(?P<env>[A-Za-z0-9+/=_\-]{16,})(?=[\"']?[ \t]*;?[ \t]*$)"
QUOTES = ("double", "single", "back", "escaped")
# `${NAME:-default}` in shell scripts and compose files.
DEFAULT = regex(rb"\$\{[A-Za-z_]\w*:?-(?P<value>[^${}]{4,512})\}")
ARGUMENT = regex(rb"[ \t]+[$\"'.\-]")
# The word before `key`, as in "mailchimp key: …", but not in SQL's FOREIGN KEY.
SERVICE = regex(rb"(?i)[a-z]{3}(?<!reign)(?<!imary)(?<!nique) \Z")
NAME_CHARACTERS = regex(rb"[\w\-.]*")
IN_CODE = regex(rb"(?i)" + SECRET_WORD + NAME_END + OPERATOR + QUOTED)
IN_TEXT = regex(
    rb"(?im)"
    + SECRET_WORD
    + NAME_END
    + rb"(?:"
    + OPERATOR
    + rb"(?:"
    + QUOTED
    + rb"|"
    + BARE
    + rb")|"
    + SPACED
    + rb")"
)
LIST = regex(
    rb"(?i)(?P<name>"
    + SECRET_WORD
    + NAME_END
    + rb")\\?[\"'`]?\]?\)?\s{0,8}(?::\s{0,3}[A-Za-z_][\w\[\], |.]{0,40}?\s{0,3}=|[:=])"
    rb"\s{0,8}\[(?=\s{0,40}\\?[\"'])"
)
ITEM = regex(
    rb"\s{0,40}(?:\"(?P<double>(?:[^\"\\\r\n]|\\.){4,4096}+)\""
    rb"|'(?P<single>(?:[^'\\\r\n]|\\.){4,4096}+)'"
    rb"|\\\"(?P<escaped>[^\"\\\r\n]{4,4096}+)\\\")\s{0,8},?"
)
# A name and a value side by side: XML, `name: …, value: …` of Kubernetes and ECS, and the defaults
# of Terraform variables. PAIR_MARK finds secret-like words near them; `judge` checks the name.
TAG = rb"(?P<tag>[\w:.\-]{1,110})"
PAIRS = (
    regex(rb"(?i)<" + TAG + rb">\s{0,40}(?P<value>[^<>\s]{4,4096}+)\s{0,40}</"),
    regex(
        rb"(?i)(?:key|name)=[\"']"
        + TAG
        + rb"[\"']\s{1,8}value=[\"'](?P<value>[^\"'<>]{4,4096})[\"']"
    ),
    # <name>…</name><value>…</value>, and the <key>…</key><string>…</string> of a plist
    regex(
        rb"(?i)<(?:key|name|param-name)>\s{0,40}"
        + TAG
        + rb"\s{0,40}</[\w-]{3,10}>\s{0,80}<(?:value|string|param-value)>"
        rb"\s{0,40}(?P<value>[^<>\s]{4,4096}+)\s{0,40}</"
    ),
    regex(
        rb"(?i)<(?:property|entry|string|param|item|constant|setting)\b[^<>]{0,80}"
        rb"\b(?:key|name)=[\"']" + TAG + rb"[\"'](?:\s[\w:-]{1,20}=[\"'][^\"'<>]{0,40}[\"']){0,2}>"
        rb"\s{0,80}(?:<value>\s{0,40})?(?P<value>[^<>\s]{4,4096}+)\s{0,40}</"
    ),
    regex(
        rb"(?i)\b(?:name|key)[\"']?\s{0,3}[:=]\s{0,3}[\"']?" + TAG + rb"[\"']?,?\s{1,80}"
        rb"[\"']?value[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<value>[^\"'\s<>{}$]{4,512}+)"
    ),
    regex(
        rb"(?i)\bvariable\s{1,4}\"" + TAG + rb"\"\s{0,4}\{[^{}]{0,300}?\bdefault\s{0,9}=\s{0,4}"
        rb"\"(?P<value>[^\"\n]{4,512})\""
    ),
)
PAIR_MARK = regex(
    rb"(?i)(?:pass|secret|token|key|pwd|auth|cred)[\w.\-]{0,40}"
    rb"(?:>\s{0,40}[^<>\s]{4,2000}+\s{0,40}</|\s{0,40}</[\w-]{3,10}>\s{0,80}<[psv]"
    rb"|[\"'](?:\s[\w:-]{1,20}=[\"'][^\"'<>]{0,40}[\"']){0,2}>"
    rb"|[\"']?,?\s{1,80}[\"']?value[\"']?\s{0,3}[:=]|\"\s{0,4}\{[^{}]{0,300}default)"
)
# The maximum numbers of bytes of a pair before and after the match of PAIR_MARK.
BEFORE, LONGEST = 160, 4200
COMPARISON = regex(rb"[=!]=")
# Calls that set a value by name: set("db", "password", "…"), setattr(settings, "SECRET_KEY", "…").
SETTER = regex(
    rb"\b(?:define|put|putenv|setenv|setattr|set\w{0,12}|append|header)\("
    rb"(?:[\w.]{1,40},\s?|[\"'][^\"'\n]{0,60}[\"'],\s{0,4})?[\"']\Z",
    re.IGNORECASE,
)
UPPER = regex(rb"[A-Z][A-Z0-9_]+")
AFTER = regex(rb"[ \t]*(?:%[^>=]|\.format\(|\+[ \t]*\w|\.replace\(|\[)")


class Assignment(NamedTuple):
    """A name and its value, with byte offsets."""

    name: str
    value: str
    start: int
    end: int
    name_start: int
    quoted: bool
    compared: bool = False  # the value is compared with the name, not assigned to it


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
        for at in _find_core_words(raw, region):
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


def _find_core_words(raw: bytes, region: Region) -> list[int]:
    """Return the offsets at which a secret-like word may begin in a region, sorted."""
    lower = raw[region.start : region.stop].lower()
    offsets = []
    for word in CORE_PREFIXES:
        at = lower.find(word)
        while at >= 0:
            offsets.append(region.start + at)
            at = lower.find(word, at + 1)
    return sorted(offsets)


def name_start(raw: bytes, at: int) -> int:
    """Return the beginning of the name that contains an offset."""
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


def pairs(raw: bytes, regions: Sequence[Region]) -> Iterator[Assignment]:
    """Yield each secret-like name and the value beside it, without duplicates.

    Args:
        raw: The file's bytes.
        regions: The regions that may contain such names, sorted.
    """
    near = []
    for region in regions:
        for at in _find_core_words(raw, region):
            if mark := PAIR_MARK.match(raw, at, region.end):
                start = max(0, mark.start() - BEFORE)
                end = min(len(raw), mark.end() + LONGEST)
                near.append(Region(start, mark.start() + 1, end))
    found: dict[tuple[int, int], re.Match[bytes]] = {}
    for pattern in PAIRS:
        for match in finditer_in(pattern, raw, near):
            found[match.span("value")] = match
    for (start, end), match in found.items():
        name = match["tag"].decode("utf-8", "replace")
        value = match["value"].decode("utf-8", "replace")
        yield Assignment(name, value, start, end, match.start("tag"), quoted=True)


def _parse_assignment(raw: bytes, match: re.Match[bytes], *, unquoted: bool) -> Assignment | None:
    """Return the name and the value of a match; None if it is not an assignment."""
    begin = name_start(raw, match.start())
    core = NAME_CHARACTERS.match(raw, match.start())
    name = raw[begin : core.end() if core else match.end()]
    if not _is_name(raw, name, begin, match):
        return None
    group = _value_group(raw, match, unquoted=unquoted)
    if not group or (match["comma"] and group not in QUOTES):
        return None
    start, end = match.span(group)
    if group == "bare":
        end -= raw[end - 1 : end] == b";"
        if _is_unquoted_text(raw, match, begin, end):
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
    """Return whether the name of a match can be that of a secret."""
    if raw[max(0, begin - 2) : begin] in (b"::", b"$("):
        return False  # the type AWS::KMS::Key, the command $(pwd)
    if match["comma"] and not _is_argument(raw, name, begin, match):
        return False
    return name.lower() != b"key" or not _is_map_key(raw, begin, match)


def _is_map_key(raw: bytes, begin: int, match: re.Match[bytes]) -> bool:
    """Return whether `key` is a map key: without a word before it and without `=` after it."""
    sign = raw[match.start() : match.start() + 12].partition(b"\n")[0]
    return b"=" not in sign and not SERVICE.search(raw, max(0, begin - 40), begin)


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


def _value_group(raw: bytes, match: re.Match[bytes], *, unquoted: bool) -> str:
    """Return the group of the value; empty if the value is computed from the text."""
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
    return bool(AFTER.match(raw, match.end()))


def _is_docstring(raw: bytes, match: re.Match[bytes], start: int) -> bool:
    """Return whether the text is the docstring of a function like `def check(password):`."""
    has_triple_quotes = raw[start - 3 : start] in (b'"""', b"'''")
    return has_triple_quotes and b"\n" in raw[match.start() : start]


def _is_argument(raw: bytes, name: bytes, begin: int, match: re.Match[bytes]) -> bool:
    """Return whether a quoted name and the text after its comma are the arguments of a call."""
    if SETTER.search(raw, max(0, begin - 130), begin):
        return True
    if raw[max(0, begin - 2) : begin - 1] != b"(":
        return False
    if UPPER.fullmatch(name):  # getenv("NAME", "value")
        return len(name) > len("PW")  # ("PW", "Palau")
    if b"pass" in name.lower():  # check("password", "$2b$…") compares two values
        return False
    value = match["double"] or match["single"] or b""
    return is_random(value.decode("utf-8", "replace"))
