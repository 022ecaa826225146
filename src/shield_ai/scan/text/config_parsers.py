"""Parsers that keep positions: YAML, JSON, TOML and HCL, INI and .env, Dockerfiles. Each gives what it understood."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.structure import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKS = regex(rb"(?:[&!][^\s,\[\]{}]*\s+)*")  # anchor and tag, in front of a value
HEADER = regex(rb"[^\n]*\n\s*")  # of a block
TOKEN = regex(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|//[^\n]*|/\*.*?\*/|[^\s"{}\[\]:,/]+|/', re.DOTALL)
SPACES = rb"[ \t]{0,40}"
EQUALS = regex(
    rb"(?m)^" + SPACES + rb"(?P<key>[\w.\-\"']{1,120})" + SPACES + rb"=" + SPACES + rb"(?:"
    rb"(?P<quotes>\"{3}|'{3})(?P<long>(?s:.{0,4096}?))(?P=quotes)"
    rb"|<<[-~]?\"?(?P<word>\w{1,40})\"?\r?\n(?P<here>(?s:.{0,4096}?))\n" + SPACES + rb"(?P=word)\b"
    rb")"
)
# The old form, in which all that follows the name is its value.
ENV = regex(
    rb"(?im)^" + SPACES + rb"ENV[ \t]+(?P<key>[A-Za-z_]\w*)[ \t]+(?P<value>[^=\s][^\r\n]*)$"
)
LINE = regex(
    rb"(?m)^"
    + SPACES
    + rb"(?:export[ \t]+)?(?P<key>[A-Za-z_][^\s=:\"']{0,80}(?: [^\s=:\"']{1,40}){0,3})"
    rb"[ \t]{0,40}[=:][ \t]{0,40}"
    rb"(?:\"(?P<double>(?:[^\"\\]|\\.){0,4096}+)\"|'(?P<single>[^']{0,4096}+)'|(?P<value>[^\r\n]*))"
    rb"(?P<more>(?:\r?\n[ \t]+[^\s#;\[][^\r\n]*){0,200})"
)
COMMENT = regex(rb"[ \t]+[#;].*$|^[#;].*$")


def yaml_values(raw: bytes) -> list[Value]:
    """Parse the documents of a YAML file, up to where it is none."""
    import yaml  # slow; many trees need it for nothing

    kinds: Any = yaml  # its stubs know no position of an event
    text = raw.decode("utf-8-sig", "surrogateescape")
    places = _Places(text, len(raw) - len(text.encode("utf-8", "surrogateescape")))
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    roots: list[Value] = []
    open_: list[tuple[Any, int, list[Value]]] = []
    anchors: dict[str, Value] = {}
    try:
        for event in kinds.parse(text, Loader=loader):
            if isinstance(event, kinds.CollectionStartEvent):
                open_.append((event, places.at(event.start_mark.index), []))
                continue
            if isinstance(event, kinds.CollectionEndEvent):
                begun, start, parts = open_.pop()
                made = _holder(
                    parts,
                    start,
                    places.at(event.end_mark.index),
                    isinstance(event, kinds.MappingEndEvent),
                )
                name = begun.anchor
            elif isinstance(event, kinds.ScalarEvent):
                made = _scalar(
                    raw, event, places.at(event.start_mark.index), places.at(event.end_mark.index)
                )
                name = event.anchor
            elif isinstance(event, kinds.AliasEvent):
                made, name = anchors.get(event.anchor, Value("", 0, 0)), None
            else:
                continue
            if name:
                anchors[name] = made
            (open_[-1][2] if open_ else roots).append(made)
    except (yaml.YAMLError, UnicodeError):
        return []  # the template of something else, mostly
    return roots


class _Places:
    """Turns places in a text, which rise, into those in its bytes."""

    def __init__(self, text: str, mark: int) -> None:
        self.text, self.ascii = text, text.isascii()
        self.mark, self._char, self._byte = mark, 0, mark  # bytes of a byte order mark

    def at(self, index: int) -> int:
        if self.ascii:
            return index + self.mark
        if index < self._char:
            self._char, self._byte = 0, self.mark
        self._byte += len(self.text[self._char : index].encode("utf-8", "surrogateescape"))
        self._char = index
        return self._byte


def _scalar(raw: bytes, event: Any, start: int, end: int) -> Value:
    found = MARKS.match(raw, start, end)
    start = found.end() if found else start
    if event.style in ("|", ">"):
        header = HEADER.match(raw, start, end)
        start = header.end() if header else end
        end = start + len(raw[start:end].rstrip())
    elif event.style in ("'", '"'):
        start, end = start + 1, end - 1
    # `!Ref`, `!secret` and the like name something that stands elsewhere, or is encrypted.
    elsewhere = (event.tag or "").startswith("!") and event.tag not in ("!", "!unsafe")
    return Value("" if elsewhere else event.value, start, end, quoted=bool(event.style))


# of two kinds
def _holder(parts: list[Value], start: int, end: int, pairs: bool) -> Value:  # noqa: FBT001
    if pairs:
        return Value(
            "", start, end, pairs=tuple(zip(parts[::2], parts[1::2], strict=False)), holds=True
        )
    return Value("", start, end, items=tuple(parts), holds=True)


def json_values(raw: bytes) -> list[Value]:
    """Parse a JSON file, comments and all; what is not closed ends with the file."""
    stack: list[tuple[bytes, int, list[Value]]] = [(b"[", 0, [])]
    for match in TOKEN.finditer(raw):
        token, start, end = match[0], match.start(), match.end()
        first = token[:1]
        if first in b"{[":
            stack.append((token, start, []))
        elif first in b"}]":
            if len(stack) > 1:
                opened, at, parts = stack.pop()
                stack[-1][2].append(_holder(parts, at, end, opened == b"{"))
        elif first == b'"':
            stack[-1][2].append(Value(_json_text(token), start + 1, end - 1))
        elif first not in b":,/":
            stack[-1][2].append(Value(token.decode("utf-8", "replace"), start, end, quoted=False))
    while len(stack) > 1:
        opened, at, parts = stack.pop()
        stack[-1][2].append(_holder(parts, at, len(raw), opened == b"{"))
    return stack[0][2]


def _json_text(token: bytes) -> str:
    text = token.decode("utf-8", "replace")
    if "\\" not in text:
        return text[1:-1]
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        return text[1:-1]


def equals_values(raw: bytes) -> list[Value]:
    """Find the long texts of TOML and HCL; the rest is what it looks like."""
    pairs = [
        (
            Value(_text(match["key"].replace(b'"', b"")), *match.span("key")),
            _stripped(raw, *match.span("long" if match["long"] is not None else "here")),
        )
        for match in EQUALS.finditer(raw)
    ]
    return [Value("", 0, len(raw), pairs=tuple(pairs), holds=True)]


def docker_values(raw: bytes) -> list[Value]:
    """Find what a Dockerfile's `ENV NAME value` says."""
    pairs = [
        (
            Value(_text(match["key"]), *match.span("key")),
            _stripped(raw, *match.span("value"), quotes=True),
        )
        for match in ENV.finditer(raw)
    ]
    return [Value("", 0, len(raw), pairs=tuple(pairs), holds=True)]


def line_values(raw: bytes) -> list[Value]:
    """Find what the lines of an INI file or a .env file say, those that go on in the next one too."""
    return [Value("", 0, len(raw), pairs=tuple(_lines(raw)), holds=True)]


def _lines(raw: bytes) -> Iterator[tuple[Value, Value]]:
    for match in LINE.finditer(raw):
        key = Value(_text(match["key"]), *match.span("key"))
        group = next((g for g in ("double", "single") if match[g] is not None), "")
        if group:
            yield key, Value(_text(match[group]), *match.span(group))
            continue
        if match["value"].endswith(b"\\"):
            continue  # goes on in the next line, as the regular expressions know
        start, end = match.span("value")
        value = _stripped(raw, start, start + len(COMMENT.sub(b"", match["value"])), bare=True)
        lines = [
            _stripped(
                raw, match.start("more") + one.start(), match.start("more") + one.end(), bare=True
            )
            for one in re.finditer(rb"[^\r\n]+", match["more"])
        ]
        if value.text or not lines:
            yield key, value
        elif len(lines) == 1:
            yield key, lines[0]
        else:
            yield key, Value("", end, match.end(), items=tuple(lines), holds=True)


def _stripped(
    raw: bytes, start: int, end: int, *, quotes: bool = False, bare: bool = False
) -> Value:
    inner = raw[start:end]
    start += len(inner) - len(inner.lstrip())
    end = max(start, start + len(inner.strip()))
    if (
        quotes
        and end - start > 1
        and raw[start : start + 1] in b"\"'"
        and raw[end - 1 : end] == raw[start : start + 1]
    ):
        start, end = start + 1, end - 1
    return Value(_text(raw[start:end]), start, end, quoted=not bare)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
