"""Parse YAML, JSON, TOML, HCL, INI, .env files and Dockerfiles to nodes with byte offsets.

Invalid files are parsed as far as possible, except YAML. A file with too many tokens raises
ConfigTooLargeError.
"""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, Any

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.config_node import Node
from shield_ai.scan.text.config_tree import TreeBuilder, every_key
from shield_ai.scan.text.parser_marks import ConfigTooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.scan.text.config_tree import KeyFilter

# Parsing so many takes a few seconds. Large files with long texts have fewer.
MAX_TOKENS = 800_000
STEP = 256  # characters
YAML_PROPERTIES = regex(rb"(?:[&!][^\s,\[\]{}]*\s+)*")  # the anchor and the tag of a value
YAML_BLOCK_HEADER = regex(rb"[^\n]*\n\s*")
# An unclosed string or comment ends at the end of the file.
JSON_TOKEN = regex(
    rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}\[\]]|//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)'
    rb'|[^\s"{}\[\]:,/]+|/',
    re.DOTALL,
)
DOUBLE_QUOTE, CURLY_BRACKET, SLASH = b'"{/'
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


def yaml_values(raw: bytes, is_wanted: KeyFilter = every_key) -> list[Node]:
    """Parse the documents of a YAML file; an empty list if it is invalid, as many templates are.

    Args:
        raw: The file.
        is_wanted: Whether to build the lists and maps under a key, or with it.
    """
    import yaml

    text = raw.decode("utf-8-sig", "surrogateescape")
    bom_size = len(raw) - len(text.encode("utf-8", "surrogateescape"))
    builder = _YamlBuilder(yaml, raw, _Offsets(text, bom_size), is_wanted)
    try:
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        for event in _limited(iter(loader.get_event, None)):
            builder.add(event)
    except (yaml.YAMLError, UnicodeError):
        return []
    return builder.tree.roots(len(raw))


def _limited(tokens: Iterable[Any]) -> Iterator[Any]:
    """Yield tokens.

    Raises:
        ConfigTooLargeError: There are too many.
    """
    iterator = iter(tokens)
    yield from itertools.islice(iterator, MAX_TOKENS)
    for _ in iterator:
        raise ConfigTooLargeError


class _YamlBuilder:
    """Builds nodes from the events of PyYAML's parser.

    Args:
        yaml: The module; untyped, because its type stubs lack the positions of events.
        raw: The file.
        offsets: Converts the positions of events.
        is_wanted: Whether to build the lists and maps under a key, or with it.
    """

    def __init__(self, yaml: Any, raw: bytes, offsets: _Offsets, is_wanted: KeyFilter) -> None:
        self.tree = TreeBuilder(self._scalar, lambda event: str(event.value), is_wanted)
        self._yaml = yaml
        self._raw = raw
        self._offsets = offsets
        self._open_anchors: list[str | None] = []
        self._anchors: dict[str, Node] = {}

    def add(self, event: Any) -> None:
        """Add the next event."""
        yaml = self._yaml
        if isinstance(event, yaml.ScalarEvent):
            self._add_scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            is_map = isinstance(event, yaml.MappingStartEvent)
            start = self._offsets.at(event.start_mark.index)
            # An alias can be under a wanted key.
            self.tree.open(start, is_map=is_map, is_wanted=event.anchor is not None)
            self._open_anchors.append(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            node = self.tree.close(self._offsets.at(event.end_mark.index))
            anchor = self._open_anchors.pop()
            if anchor and node:
                self._anchors[anchor] = node
        elif isinstance(event, yaml.AliasEvent):
            self.tree.add(self._anchors.get(event.anchor, Node("", 0, 0)))

    def _add_scalar(self, event: Any) -> None:
        if not event.anchor:
            self.tree.add(event)
            return
        node = self._anchors[event.anchor] = self._scalar(event)
        self.tree.add(node)

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
    """Converts character offsets to byte offsets."""

    def __init__(self, text: str, bom_size: int) -> None:
        self._text = text
        self._is_ascii = text.isascii()
        self._bom_size = bom_size
        self._steps = [bom_size]  # the byte offset of every character with a number n * STEP
        if not self._is_ascii:
            for start in range(0, len(text), STEP):
                self._steps.append(self._steps[-1] + self._size(start, start + STEP))

    def at(self, index: int) -> int:
        """Return the byte offset of a character."""
        if self._is_ascii:
            return index + self._bom_size
        step = index // STEP
        return self._steps[step] + self._size(step * STEP, index)

    def _size(self, start: int, end: int) -> int:
        return len(self._text[start:end].encode("utf-8", "surrogateescape"))


def _map(pairs: list[tuple[Node, Node]], raw: bytes) -> list[Node]:
    """Return a map that covers the whole file."""
    return [Node("", 0, len(raw), pairs=tuple(pairs), is_container=True)]


def json_values(raw: bytes, is_wanted: KeyFilter = every_key) -> list[Node]:
    """Parse a JSON file, with comments. An unclosed list or map ends at the end of the file.

    Args:
        raw: The file.
        is_wanted: Whether to build the lists and maps under a key, or with it.
    """

    def text(span: tuple[int, int]) -> str:
        start, end = span
        token = raw[start:end]
        return _json_text(token) if token[0] == DOUBLE_QUOTE else _decode(token)

    def create(span: tuple[int, int]) -> Node:
        start, end = span
        if raw[start] == DOUBLE_QUOTE:
            return Node(text(span), start + 1, end - 1)
        return Node(text(span), start, end, quoted=False)

    tree = TreeBuilder(create, text, is_wanted)
    for match in _limited(JSON_TOKEN.finditer(raw)):
        start, end = span = match.span()
        first = raw[start]
        if first == DOUBLE_QUOTE:
            if end - start > 1 and raw[end - 1] == DOUBLE_QUOTE:
                tree.add(span)
        elif first in b"{[":
            tree.open(start, is_map=first == CURLY_BRACKET)
        elif first in b"}]":
            tree.close(end)
        elif first != SLASH:
            tree.add(span)
    return tree.roots(len(raw))


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
