"""Read the entries of an environment in a template of CloudFormation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.deployment import EnvironmentEntry
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.node_span import node_end, node_start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.scan.text.config_node import Node

MAX_KEYS = 200  # of an environment; Lambda allows 4 kB
MARKS = (b"!", b"&")  # of a tag or an anchor
SUBSTITUTED = regex(r"\$\{([A-Za-z0-9:]{1,255})\}")
TAG = regex(rb"!(\w{1,20})\s+[\"']?\Z")


def is_plain(raw: bytes, node: Node) -> bool:
    """Return whether a map or list is literal: no function or macro computes it or a part of it.

    A map with a duplicate key is not literal.
    """
    if not node.is_container or raw[node.start : node.start + 1] in MARKS:
        return False
    names = [key.text for key, _ in node.pairs]
    if len(set(names)) != len(names):
        return False
    is_function = any(not name or name.startswith("Fn::") for name in names)
    return not is_function and names != ["Ref"]


def are_known(entries: Sequence[EnvironmentEntry]) -> bool:
    """Return whether the names of variables are known, and each has one value."""
    names = {entry.variable for entry in entries}
    return "" not in names and len(names) == len(entries) <= MAX_KEYS


class EntryReader:
    """Reads the entries of the environments of a template.

    Args:
        raw: The template.
    """

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def variables(self, variables: Node) -> Iterator[EnvironmentEntry]:
        """Yield the entries of a map of names and values."""
        for key, value in variables.pairs:
            start, end = node_start(self._raw, key), node_end(self._raw, value)
            end = max(end, node_end(self._raw, key))
            yield self._entry(key.text, start, end, value)

    def objects(self, items: Node) -> Iterator[EnvironmentEntry]:
        """Yield the entries of a list of objects with Name and Value."""
        for item in items.items:
            is_known = is_plain(self._raw, item) and bool(item.pairs)
            name = item.child("Name") if is_known else None
            text = name.text if name and not name.is_container else ""
            start, end = node_start(self._raw, item), node_end(self._raw, item)
            yield self._entry(text, start, end, item.child("Value"))

    def _entry(self, variable: str, start: int, end: int, value: Node | None) -> EnvironmentEntry:
        text = self._text(value) if value else None
        reference = self._reference(value) if value and text is None else ""
        return EnvironmentEntry(variable, start, end, text, reference)

    def _text(self, value: Node) -> str | None:
        """Return a literal text; None for a function."""
        is_tagged = not value.text and self._raw[value.start : value.end].strip()
        return None if value.is_container or is_tagged else value.text

    def _reference(self, value: Node) -> str:
        """Return the parameter or resource that gives the value; empty if it is composed."""
        name, argument = "", value
        if value.pairs and len(value.pairs) == 1:
            name, argument = value.pairs[0][0].text.removeprefix("Fn::"), value.pairs[0][1]
            text = "" if argument.is_container else argument.text
        elif match := TAG.search(self._raw, max(value.start - 24, 0), value.start):
            name = match[1].decode()
            text = self._raw[value.start : value.end].decode("utf-8", "replace")
        if name == "Ref":
            return text
        match_whole = SUBSTITUTED.fullmatch(text) if name == "Sub" else None
        return match_whole[1] if match_whole else ""
