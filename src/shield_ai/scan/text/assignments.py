"""Values under a telling name, in whatever language: `name = "value"`, `name: value`, `<name>value<`.

Works on bytes, so that a file need not be decoded before something is found in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.randomness import is_random
from shield_ai.scan.text.regions import Region, within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# The words that a telling name holds. Everything else of the name is read around them.
CORE = (
    rb"(?:passw|passphrase|passcode|pswd|pwd|pass\b|pass_|_pass|pw\b|secret|token|key|auth|credential|creds|salt"
    rb"|bearer|ticket|nonce|signature|verifier)"
)
# What CORE begins with, in lower case: far quicker to find than the whole.
BEGINNINGS = tuple(
    b"pass _pass pswd pw secret token key auth cred salt bearer ticket nonce signature verifier".split()
)
NAME_END = rb"[\w\-]{0,50}"
# = : := => == and the = after a type; or, as in setdefault() and define(), a comma after the quoted name; or
# nothing, as in Gradle and in `the password is "…"`.
SIGN = rb":=|={1,3}>?|!={1,2}|=>|:|\?=|\+="
# What stands for a variable that nobody sets, as in `process.env.API_TOKEN || "…"`.
ELSE = rb"\|\||\?\?|\?:"
OPERATOR = (
    rb"(?:\\?[\"'`]?\]?\)?(?:\s{0,8}|[ \t]{9,40})(?:(?::\s{0,3}[A-Za-z_][\w\[\], |.]{0,40}?\s{0,3}=|"
    + SIGN
    + rb")(?!=)"
    rb"|(?:" + ELSE + rb")(?=\s{0,8}[\"'`]))"
    rb"|(?P<comma>[\"'`]\s{0,4},\s{0,8})"
    rb"|[ \t]{1,3}(?:is[ \t:]{1,3}(?=[\"'`])|(?=[\"'][^\"'\n]{4,80}[\"'][ \t]*(?:[\n\r};]|\Z))))"
)
# What keeps or decodes the text that it is given: the text is as good as the value.
CALLS = (
    rb"b64decode|base64decode|unhexlify|fromhex|a2b_hex|atob|buffer\.from|secretstr|secretbytes|to_bytes|bytes|bytearray"
    rb"|quote_plus|\[\]byte"
)
# Looks for its name from behind, once it is there: far quicker than a try at each letter of what is another call.
CALL = (
    rb"[\w.\[\]]{4,50}+\((?:"
    + b"|".join(rb"(?<=" + name + rb"\()" for name in CALLS.split(b"|"))
    + rb")[ \t]{0,4}"
)
QUOTED = (
    rb"[ \t]{0,40}\(?[ \t]{0,9}\n?[ \t]{0,40}\(?(?:" + CALL + rb")?(?P<prefix>[bBrRuUfF@$]{0,2})"
    rb"(?:\"(?:\"\")?(?P<double>(?:[^\"\\\r\n]|\\.){4,4096}+)\"|'(?:'')?(?P<single>(?:[^'\\\r\n]|\\.){4,4096}+)'"
    rb"|`(?P<back>[^`\r\n]{4,4096}+)`|\\\"(?P<escaped>[^\"\\\r\n]{4,4096}+)\\\")"
)
BARE = (
    rb"[ \t]{0,40}(?:\\\r?\n[ \t]{0,40})?(?P<bare>[^\s\"'`#;,][^\s\"'`,]{3,511}+)"
    rb"(?=[ \t]*(?:[#;,]|//|[\r\n]|\Z)|[\"'`]|[ \t]+[a-z&|\\$\"'.\-])"
)
# `ENV NAME value`, of a Dockerfile and its kind.
SPACED = rb"[ \t]{1,4}[\"']?(?P<env>[A-Za-z0-9+/=_\-]{16,})(?=[\"']?[ \t]*;?[ \t]*$)"
QUOTES = ("double", "single", "back", "escaped")
# `${NAME:-value}` of a shell and of compose: the value where nobody gives another one.
DEFAULT = regex(rb"\$\{[A-Za-z_]\w*:?-(?P<value>[^${}]{4,512})\}")
ARGUMENT = regex(rb"[ \t]+[$\"'.\-]")
# "mailchimp key: …", but no FOREIGN KEY of SQL
SERVICE = regex(rb"(?i)[a-z]{3}(?<!reign)(?<!imary)(?<!nique) \Z")
NAME_ON = regex(rb"[\w\-.]*")
IN_CODE = regex(rb"(?i)" + CORE + NAME_END + OPERATOR + QUOTED)
IN_TEXT = regex(
    rb"(?im)"
    + CORE
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
    + CORE
    + NAME_END
    + rb")\\?[\"'`]?\]?\)?\s{0,8}(?::\s{0,3}[A-Za-z_][\w\[\], |.]{0,40}?\s{0,3}=|[:=])"
    rb"\s{0,8}\[(?=\s{0,40}\\?[\"'])"
)
ITEM = regex(
    rb"\s{0,40}(?:\"(?P<double>(?:[^\"\\\r\n]|\\.){4,4096}+)\"|'(?P<single>(?:[^'\\\r\n]|\\.){4,4096}+)'"
    rb"|\\\"(?P<escaped>[^\"\\\r\n]{4,4096}+)\\\")\s{0,8},?"
)
# A name and its value side by side: XML, Kubernetes' and ECS' `name: …, value: …`, Terraform's variables' defaults.
# What the name says, `judge` knows; PAIR_MARK has seen a telling word there.
SIDE = rb"(?P<tag>[\w:.\-]{1,110})"
PAIRS = (
    regex(rb"(?i)<" + SIDE + rb">\s{0,40}(?P<value>[^<>\s]{4,4096}+)\s{0,40}</"),
    regex(
        rb"(?i)(?:key|name)=[\"']"
        + SIDE
        + rb"[\"']\s{1,8}value=[\"'](?P<value>[^\"'<>]{4,4096})[\"']"
    ),
    # <name>…</name><value>…</value>, and the <key>…</key><string>…</string> of a plist
    regex(
        rb"(?i)<(?:key|name|param-name)>\s{0,40}"
        + SIDE
        + rb"\s{0,40}</[\w-]{3,10}>\s{0,80}<(?:value|string|param-value)>"
        rb"\s{0,40}(?P<value>[^<>\s]{4,4096}+)\s{0,40}</"
    ),
    regex(
        rb"(?i)<(?:property|entry|string|param|item|constant|setting)\b[^<>]{0,80}\b(?:key|name)=[\"']"
        + SIDE
        + rb"[\"'](?:\s[\w:-]{1,20}=[\"'][^\"'<>]{0,40}[\"']){0,2}>"
        rb"\s{0,80}(?:<value>\s{0,40})?(?P<value>[^<>\s]{4,4096}+)\s{0,40}</"
    ),
    regex(
        rb"(?i)\b(?:name|key)[\"']?\s{0,3}[:=]\s{0,3}[\"']?" + SIDE + rb"[\"']?,?\s{1,80}"
        rb"[\"']?value[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<value>[^\"'\s<>{}$]{4,512}+)"
    ),
    regex(
        rb"(?i)\bvariable\s{1,4}\"" + SIDE + rb"\"\s{0,4}\{[^{}]{0,300}?\bdefault\s{0,9}=\s{0,4}"
        rb"\"(?P<value>[^\"\n]{4,512})\""
    ),
)
PAIR_MARK = regex(
    rb"(?i)(?:pass|secret|token|key|pwd|auth|cred)[\w.\-]{0,40}"
    rb"(?:>\s{0,40}[^<>\s]{4,2000}+\s{0,40}</|\s{0,40}</[\w-]{3,10}>\s{0,80}<[psv]|[\"'](?:\s[\w:-]{1,20}=[\"'][^\"'<>]{0,40}[\"']){0,2}>|[\"']?,?\s{1,80}[\"']?value[\"']?\s{0,3}[:=]|\"\s{0,4}\{[^{}]{0,300}default)"
)
# bytes: what a pair begins with, before the telling word; the longest value with its end
BEFORE, LONGEST = 160, 4200
COMPARISON = regex(rb"[=!]=")
# The calls that set something by its name: set("db", "password", "…"), setattr(settings, "SECRET_KEY", "…").
SETS = regex(
    rb"\b(?:define|put|putenv|setenv|setattr|set\w{0,12}|append|header)\("
    rb"(?:[\w.]{1,40},\s?|[\"'][^\"'\n]{0,60}[\"'],\s{0,4})?[\"']\Z",
    re.IGNORECASE,
)
UPPER = regex(rb"[A-Z][A-Z0-9_]+")
AFTER = regex(rb"[ \t]*(?:%[^>=]|\.format\(|\+[ \t]*\w|\.replace\(|\[)")


class Assigned(NamedTuple):
    """A name with its value, and where the value stands."""

    name: str
    value: str
    start: int  # byte offsets of the value
    end: int
    name_start: int
    quoted: bool
    compared: bool = False  # and not assigned


def assignments(raw: bytes, regions: Iterable[Region], *, bare: bool) -> Iterator[Assigned]:
    """Yield every telling name that is given a text.

    Args:
        raw: The file.
        regions: Where such names may stand, in order.
        bare: Whether a value may stand without quotes, as in configuration files.
    """
    pattern = IN_TEXT if bare else IN_CODE
    done = 0
    for region in regions:
        for at in _beginnings(raw[region.start : region.stop], region.start):
            if at < done:
                continue
            if match := pattern.match(raw, at, region.end):
                found = _of(raw, match, bare=bare)
                # In {"confirm": "password", "password": "…"} the first one is a value, and the second the name.
                done = match.end() if found or match["comma"] is None else match.end("comma")
                if found:
                    yield found
            elif begun := LIST.match(raw, at, region.end):
                done = begun.end()
                yield from _items(raw, begun)


def _beginnings(raw: bytes, start: int) -> list[int]:
    """Return where a telling word may begin, in order; the text begins at `start`."""
    lower = raw.lower()
    found = []
    for word in BEGINNINGS:
        at = lower.find(word)
        while at >= 0:
            found.append(start + at)
            at = lower.find(word, at + 1)
    return sorted(found)


def name_start(raw: bytes, at: int) -> int:
    """Return where the name begins that goes on at a place."""
    before = NAME_ON.match(raw[max(0, at - 60) : at][::-1])
    return at - (before.end() if before else 0)


def _items(raw: bytes, match: re.Match[bytes]) -> Iterator[Assigned]:
    """Yield the texts of a list that look made by a machine: words in one are names, options and rules."""
    start = name_start(raw, match.start())
    name = _text(raw[start : match.end("name")])
    item = ITEM.match(raw, match.end())
    while item:
        group = next(g for g in ("double", "single", "escaped") if item[g] is not None)
        if is_random(value := _text(item[group])):
            yield Assigned(name, value, *item.span(group), start, quoted=True)
        item = ITEM.match(raw, item.end())


def pairs(raw: bytes, regions: Sequence[Region]) -> Iterator[Assigned]:
    """Yield the telling names whose value stands beside them, each once; see `assignments`."""
    places = (
        (at, region.end)
        for region in regions
        for at in _beginnings(raw[region.start : region.stop], region.start)
    )
    marks = (mark for at, end in places if (mark := PAIR_MARK.match(raw, at, end)))
    near = [
        Region(max(0, mark.start() - BEFORE), mark.start() + 1, min(len(raw), mark.end() + LONGEST))
        for mark in marks
    ]
    found = {
        match.span("value"): match for pattern in PAIRS for match in within(pattern, raw, near)
    }
    for (start, end), match in found.items():
        yield Assigned(
            _text(match["tag"]), _text(match["value"]), start, end, match.start("tag"), quoted=True
        )


def _of(raw: bytes, match: re.Match[bytes], *, bare: bool) -> Assigned | None:
    begins = name_start(raw, match.start())
    core = NAME_ON.match(raw, match.start())
    name = raw[begins : core.end() if core else match.end()]
    if raw[max(0, begins - 2) : begins] in (b"::", b"$("):
        return None  # AWS::KMS::Key is the name of a kind of thing, and $(pwd) a command
    if match["comma"] and not _is_argument(raw, name, begins, match):
        return None
    if name.lower() == b"key" and _is_label(raw, begins, match):
        return None
    group = _group(raw, match, bare=bare)
    if not group or (match["comma"] and group not in QUOTES):
        return None
    start, end = match.span(group)
    if group == "bare":
        end -= raw[end - 1 : end] == b";"
        if _is_text(raw, match, begins, end):
            return None
    if raw.startswith(b"${", start) and (default := DEFAULT.fullmatch(raw, start, end)):
        start, end = default.span("value")
    compared = bool(COMPARISON.search(raw, match.start(), start))
    return Assigned(
        _text(name), _text(raw[start:end]), start, end, begins, group in QUOTES, compared
    )


def _is_label(raw: bytes, begins: int, match: re.Match[bytes]) -> bool:
    """Whether a `key` is that of a map, and names something: it has no word before it, and no = behind it."""
    sign = raw[match.start() : match.start() + 12].partition(b"\n")[0]
    return b"=" not in sign and not SERVICE.search(raw, max(0, begins - 40), begins)


def _is_text(raw: bytes, match: re.Match[bytes], begins: int, end: int) -> bool:
    """Whether what stands bare behind a name is something else than its value."""
    start = match.start("bare")
    if raw[begins - 1 : begins] == b":" == raw[start - 1 : start]:
        return True  # user:password:uid:gid says what a line holds
    if raw[start - 1 : start].isspace() and ARGUMENT.match(raw, end):
        return True  # `$password = Read-Host -AsSecureString` is a command
    if raw[end : end + 1] not in (b" ", b"\t") or b"=" in raw[match.start() : start]:
        return False
    # `password: whatever you like` is prose; `PASSWORD=abc command` is none.
    return raw[end : end + 20].lstrip(b" \t")[:1] not in b"#;,/\r\n"


def _group(raw: bytes, match: re.Match[bytes], *, bare: bool) -> str:
    """Name the group of the value; empty where something else is made of it."""
    group = next((g for g in QUOTES if match[g] is not None), "")
    if not group:
        return "bare" if match["bare"] is not None else "env"
    if bare and group == "back" and b" " in match[group]:
        return ""  # a shell puts in what the command prints
    start = match.start(group)
    if raw[start - 3 : start] in (b'"""', b"'''") and b"\n" in raw[match.start() : start]:
        return ""  # def check(password): and what it does
    filled = b"f" in match["prefix"].lower() and b"{" in match[group]
    return "" if filled or AFTER.match(raw, match.end()) else group


def _is_argument(raw: bytes, name: bytes, begins: int, match: re.Match[bytes]) -> bool:
    """Whether a quoted name and the text after its comma are the arguments of a call: getenv("NAME", "value")."""
    if SETS.search(raw, max(0, begins - 130), begins):
        return True
    if raw[max(0, begins - 2) : begins - 1] != b"(":
        return False
    if UPPER.fullmatch(name):
        return len(name) > len("PW")  # ("PW", "Palau")
    # check("password", "$2b$…") compares two values.
    return b"pass" not in name.lower() and is_random(
        _text(match["double"] or match["single"] or b"")
    )


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
