"""Parse YAML, JSON, TOML, HCL, INI, .env files and Dockerfiles to nodes with byte offsets.

Invalid files are parsed as far as possible, except YAML. A file with too many tokens raises
ConfigTooLargeError.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.config_node import Node
from shield_ai.scan.text.parser_marks import ConfigTooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Parsing so many takes a few seconds. Large files with long texts have fewer.
MAX_TOKENS = 800_000
YAML_PROPERTIES = regex(rb"(?:[&!][^\s,\[\]{}]*\s+)*")  # the anchor and the tag of a value
YAML_BLOCK_HEADER = regex(rb"[^\n]*\n\s*")
# An unclosed string or comment ends at the end of the file.
JSON_TOKEN = regex(
    rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}\[\]:,]|//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)'
    rb'|[^\s"{}\[\]:,/]+|/',
    re.DOTALL,
)
SPACES = rb"[ \t]{0,40}"
MULTILINE_STRING = regex(
    rb"(?m)^" + SPACES + rb"(?P<key>[\w.\-\"']{1,120})" + SPACES + rb"=" + SPACES + rb"(?:"
    rb"(?P<quotes>\"{3}|'{3})(?P<long>(?s:.{0,4096}?))(?P=quotes)"
    rb"|<<[-~]?\"?(?P<word>\w{1,40})\"?\r?\n(?P<here>(?s:.{0,4096}?))\n" + SPACES + rb"(?P=word)\b"
    rb")"
)
# The legacy syntax of a Dockerfile, `ENV NAME value`: everything after the name is the value.
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
INI_COMMENT = regex(rb"(?<![ \t])[ \t]++[#;].*$|^[#;].*$")


def yaml_values(raw: bytes) -> list[Node]:
    """Parse the documents of a YAML file; an empty list if it is invalid, as many templates are."""
    import yaml

    text = raw.decode("utf-8-sig", "surrogateescape")
    bom_size = len(raw) - len(text.encode("utf-8", "surrogateescape"))
    builder = _YamlBuilder(yaml, raw, _Offsets(text, bom_size))
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in _limited(yaml.parse(text, Loader=loader)):
            builder.add(event)
    except (yaml.YAMLError, UnicodeError):
        return []
    return builder.roots


def _limited(tokens: Iterable[Any]) -> Iterator[Any]:
    """Yield tokens.

    Raises:
        ConfigTooLargeError: There are too many.
    """
    for number, token in enumerate(tokens):
        if number == MAX_TOKENS:
            raise ConfigTooLargeError
        yield token


class _YamlBuilder:
    """Builds nodes from the events of PyYAML's parser.

    Args:
        yaml: The module; untyped, because its type stubs lack the positions of events.
        raw: The file.
        offsets: Converts the positions of events.
    """

    def __init__(self, yaml: Any, raw: bytes, offsets: _Offsets) -> None:
        self.roots: list[Node] = []
        self._yaml = yaml
        self._raw = raw
        self._offsets = offsets
        self._open: list[tuple[Any, int, list[Node]]] = []  # start event, offset, children
        self._anchors: dict[str, Node] = {}

    def add(self, event: Any) -> None:
        """Add the next event."""
        yaml = self._yaml
        if isinstance(event, yaml.CollectionStartEvent):
            self._open.append((event, self._offsets.at(event.start_mark.index), []))
        elif isinstance(event, yaml.CollectionEndEvent):
            start_event, start, children = self._open.pop()
            end = self._offsets.at(event.end_mark.index)
            is_map = isinstance(event, yaml.MappingEndEvent)
            self._add_node(_container(children, start, end, is_map=is_map), start_event.anchor)
        elif isinstance(event, yaml.ScalarEvent):
            self._add_node(self._scalar(event), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._add_node(self._anchors.get(event.anchor, Node("", 0, 0)), None)

    def _add_node(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        siblings = self._open[-1][2] if self._open else self.roots
        siblings.append(node)

    def _scalar(self, event: Any) -> Node:
        start = self._offsets.at(event.start_mark.index)
        end = self._offsets.at(event.end_mark.index)
        if properties := YAML_PROPERTIES.match(self._raw, start, end):
            start = properties.end()
        if event.style in ("|", ">"):
            header = YAML_BLOCK_HEADER.match(self._raw, start, end)
            start = header.end() if header else end
            end = start + len(self._raw[start:end].rstrip())
        elif event.style in ("'", '"'):
            start += 1
            end -= 1
        # With a tag such as `!Ref`, `!secret` or `!vault`, the value is a reference or encrypted.
        tag = event.tag or ""
        is_reference = tag.startswith("!") and tag not in ("!", "!unsafe")
        return Node("" if is_reference else event.value, start, end, quoted=bool(event.style))


class _Offsets:
    """Converts character offsets to byte offsets; fast if they increase."""

    def __init__(self, text: str, bom_size: int) -> None:
        self._text = text
        self._is_ascii = text.isascii()
        self._bom_size = bom_size
        self._char = 0
        self._byte = bom_size

    def at(self, index: int) -> int:
        """Return the byte offset of a character."""
        if self._is_ascii:
            return index + self._bom_size
        if index < self._char:
            self._char = 0
            self._byte = self._bom_size
        self._byte += len(self._text[self._char : index].encode("utf-8", "surrogateescape"))
        self._char = index
        return self._byte


def _container(children: list[Node], start: int, end: int, *, is_map: bool) -> Node:
    if is_map:
        pairs = tuple(zip(children[::2], children[1::2], strict=False))
        return Node("", start, end, pairs=pairs, is_container=True)
    return Node("", start, end, items=tuple(children), is_container=True)


def _map(pairs: list[tuple[Node, Node]], raw: bytes) -> list[Node]:
    """Return a map that covers the whole file."""
    return [Node("", 0, len(raw), pairs=tuple(pairs), is_container=True)]


def json_values(raw: bytes) -> list[Node]:
    """Parse a JSON file, with comments. An unclosed list or map ends at the end of the file."""
    roots: list[Node] = []
    open_: list[tuple[bool, int, list[Node]]] = [(False, 0, roots)]  # is a map, offset, children
    for match in _limited(JSON_TOKEN.finditer(raw)):
        token, start, end = match[0], match.start(), match.end()
        first = token[:1]
        children = open_[-1][2]
        if first in b"{[":
            open_.append((first == b"{", start, []))
        elif first in b"}]":
            if len(open_) > 1:
                _close_container(open_, end)
        elif first == b'"' and len(token) > 1 and token.endswith(b'"'):
            children.append(Node(_json_text(token), start + 1, end - 1))
        elif first not in b'":,/':
            children.append(Node(token.decode("utf-8", "replace"), start, end, quoted=False))
    while len(open_) > 1:
        _close_container(open_, len(raw))
    return roots


def _close_container(open_: list[tuple[bool, int, list[Node]]], end: int) -> None:
    is_map, start, children = open_.pop()
    open_[-1][2].append(_container(children, start, end, is_map=is_map))


def _json_text(token: bytes) -> str:
    """Decode a string; its escapes are kept if it is invalid or has half a surrogate pair."""
    text = token.decode("utf-8", "replace")
    if "\\" not in text:
        return text[1:-1]
    try:
        decoded = str(json.loads(text, strict=False))
        decoded.encode()
    except ValueError:
        return text[1:-1]
    return decoded


def multiline_strings(raw: bytes) -> list[Node]:
    """Parse the multi-line strings of a TOML or HCL file; `assignments` finds the others."""
    pairs = []
    for match in _limited(MULTILINE_STRING.finditer(raw)):
        key = Node(_decode(match["key"].replace(b'"', b"")), *match.span("key"))
        group = "long" if match["long"] is not None else "here"
        pairs.append((key, _stripped(raw, *match.span(group))))
    return _map(pairs, raw)


def docker_values(raw: bytes) -> list[Node]:
    """Parse the `ENV NAME value` lines of a Dockerfile."""
    pairs = []
    for match in _limited(ENV.finditer(raw)):
        key = Node(_decode(match["key"]), *match.span("key"))
        start, end = _strip_span(raw, *match.span("value"))
        quote = raw[start : start + 1]
        if end - start > 1 and quote in b"\"'" and raw[end - 1 : end] == quote:
            start += 1
            end -= 1
        pairs.append((key, Node(_decode(raw[start:end]), start, end)))
    return _map(pairs, raw)


def line_values(raw: bytes) -> list[Node]:
    """Parse an INI, properties or .env file, including multi-line values."""
    return _map(list(_line_pairs(raw)), raw)


def _line_pairs(raw: bytes) -> Iterator[tuple[Node, Node]]:
    for match in _limited(LINE.finditer(raw)):
        key = Node(_decode(match["key"]), *match.span("key"))
        quoted = next((g for g in ("double", "single") if match[g] is not None), "")
        if quoted:
            yield key, Node(_decode(match[quoted]), *match.span(quoted))
        elif not match["value"].endswith(b"\\"):  # `assignments` finds a value on the next line
            yield key, _unquoted_value(raw, match)


def _unquoted_value(raw: bytes, match: re.Match[bytes]) -> Node:
    """Return the value on the line of the name, or the list of the indented lines after it."""
    start, end = match.span("value")
    without_comment = INI_COMMENT.sub(b"", match["value"])
    value = _stripped(raw, start, start + len(without_comment), quoted=False)
    if value.text or not match["more"]:
        return value
    offset = match.start("more")
    lines = [
        _stripped(raw, offset + line.start(), offset + line.end(), quoted=False)
        for line in re.finditer(rb"[^\r\n]+", match["more"])
    ]
    if len(lines) == 1:
        return lines[0]
    return Node("", end, match.end(), items=tuple(lines), is_container=True)


def _stripped(raw: bytes, start: int, end: int, *, quoted: bool = True) -> Node:
    start, end = _strip_span(raw, start, end)
    return Node(_decode(raw[start:end]), start, end, quoted=quoted)


def _strip_span(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Exclude the white space at both ends of a span."""
    text = raw[start:end]
    start += len(text) - len(text.lstrip())
    return start, start + len(text.strip())


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
