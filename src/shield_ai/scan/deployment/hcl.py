"""Parse the maps, lists and blocks of Terraform files into nodes with byte offsets.

An expression with maps, lists, calls or parentheses, such as `jsonencode([{…}])` or
`merge({…}, {…})`, becomes a list of these.
https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

import dataclasses
import re

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.config_node import Node
from shield_ai.scan.text.config_parsers import json_values

# A comment or text that is not closed takes the rest of the file or line: the search is linear.
TOKEN = regex(
    rb"(?P<comment>\#[^\n]*|//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))"
    rb"|<<[-~]?\"?(?P<heredoc>\w[\w-]{0,39})\"?\r?\n"
    rb"|\"(?P<text>(?:\\.|\$\{[^}\n]{0,500}\}|[^\"\\\n])*+)(?:\"|\\?\Z|(?=\n))"
    rb"|(?P<sign>=>|[=!<>]=|[{}\[\](),=:?]|\n)"
    rb"|(?P<name>[^\s{}\[\](),=:?\"\#!<>/]+)",
    re.DOTALL,
)
OPENERS = {b"{": b"}", b"[": b"]", b"(": b")"}
MAX_HEREDOCS = 100  # the text of further heredocs is parsed as HCL


@dataclasses.dataclass
class _Frame:
    """An open map, list or call."""

    opener: bytes
    start: int
    key: Node | None = None
    is_block: bool = False
    parts: list[Node] = dataclasses.field(default_factory=list)  # of the current expression
    pairs: list[tuple[Node, Node]] = dataclasses.field(default_factory=list)
    items: list[Node] = dataclasses.field(default_factory=list)

    def start_block(self) -> None:
        """Use the type and the labels of a block, which precede its brace, as its key."""
        text = " ".join(part.text for part in self.parts)
        self.key = Node(text, self.parts[0].start, self.parts[-1].end, quoted=False)
        self.is_block = True
        self.parts = []


def hcl_values(raw: bytes) -> list[Node]:
    """Parse a Terraform file. A map that is not closed ends at the end of the file.

    Args:
        raw: The file.
    """
    parser = _Parser(raw)
    match = TOKEN.search(raw)
    while match:
        match = TOKEN.search(raw, parser.add(match))
    return [parser.root()]


def _without_parentheses(key: Node) -> Node:
    """Return the text of a key such as `("NAME")`, and other keys unchanged."""
    is_text = len(key.items) == 1 and key.items[0].quoted and not key.items[0].is_container
    return key.items[0] if is_text else key


class _Parser:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._frames = [_Frame(b"{", 0)]
        self._heredocs = 0

    def add(self, match: re.Match[bytes]) -> int:
        """Add the next token, and return the offset after it."""
        group = match.lastgroup or ""
        if group == "sign":
            self._add_sign(match["sign"], match.start(), match.end())
        elif group == "heredoc":
            return self._add_heredoc(match["heredoc"], match.end())
        elif group in {"text", "name"}:
            start, end = match.span(group)
            text = match[group].decode("utf-8", "replace")
            self._frames[-1].parts.append(Node(text, start, end, quoted=group == "text"))
        return match.end()

    def root(self) -> Node:
        """Return the map of the whole file."""
        while len(self._frames) > 1:
            self._close(len(self._raw))
        self._end_expression(self._frames[0])
        return Node("", 0, len(self._raw), pairs=tuple(self._frames[0].pairs), is_container=True)

    def _add_sign(self, sign: bytes, start: int, end: int) -> None:
        frame = self._frames[-1]
        is_key = frame.opener == b"{" and frame.key is None and bool(frame.parts)
        if sign in OPENERS:
            if is_key and sign == b"{":
                frame.start_block()
            self._frames.append(_Frame(sign, start))
        elif sign == OPENERS[frame.opener]:
            self._close(end)
        elif is_key and sign in b"=:":
            frame.key = _without_parentheses(frame.parts[-1])
            frame.parts = []
        elif sign == b"," or (sign == b"\n" and frame.opener == b"{"):
            self._end_expression(frame)

    def _close(self, end: int) -> None:
        """Close the innermost map, list or call, and add it to the expression around it."""
        if len(self._frames) == 1:
            return
        frame = self._frames.pop()
        self._end_expression(frame)
        node = Node(
            "",
            frame.start,
            end,
            items=tuple(frame.items),
            pairs=tuple(frame.pairs),
            is_container=True,
        )
        outer = self._frames[-1]
        if frame.opener == b"[" and outer.parts and outer.parts[-1].end == frame.start:
            node = Node("", frame.start, end)  # an index, such as `local.names["a"]`
        outer.parts.append(node)
        if outer.is_block:
            self._end_expression(outer)

    def _end_expression(self, frame: _Frame) -> None:
        """Add the current expression to a map or list."""
        if not frame.parts:
            return
        value = self._join_parts(frame.parts)
        if frame.opener != b"{":
            frame.items.append(value)
        elif frame.key is not None:
            frame.pairs.append((frame.key, value))
        frame.key = None
        frame.is_block = False
        frame.parts = []

    def _join_parts(self, parts: list[Node]) -> Node:
        """Return the value of an expression, with the quotes of its first and last part."""
        if len(parts) == 1:
            return parts[0]
        start, end = parts[0].start, parts[-1].end
        if self._raw[start - 1 : start] == b'"':
            start -= 1
        if self._raw[end : end + 1] == b'"':
            end += 1
        containers = tuple(part for part in parts if part.is_container)
        if containers:
            return Node("", start, end, items=containers, is_container=True)
        text = self._raw[start:end].decode("utf-8", "replace")
        return Node(text, start, end, quoted=False)

    def _add_heredoc(self, word: bytes, start: int) -> int:
        """Add the text of a heredoc; parse it if it is JSON, as in container definitions."""
        self._heredocs += 1
        if self._heredocs > MAX_HEREDOCS:
            return start
        end_mark = re.compile(rb"^[ \t]*" + word + rb"[ \t]*\r?$", re.MULTILINE)
        match = end_mark.search(self._raw, start)
        if match is None:
            return start
        text = self._raw[start : match.start()]
        node = Node(text.decode("utf-8", "replace"), start, match.start())
        if text.lstrip()[:1] in (b"{", b"["):
            roots = json_values(b" " * start + text)  # keeps the offsets
            node = roots[0] if len(roots) == 1 else node
        self._frames[-1].parts.append(node)
        return match.end()
