"""Find the scalars of a structured file: keys, values of keys, and items of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.text.config_node import Node


class Scalar(NamedTuple):
    """A text of a structured file: a key, the value of a key, or an item of a list."""

    start: int
    end: int
    key: str  # the key that the text belongs to
    value: Node | None = None  # of a key
    parent: Node | None = None  # the map of a value


def scalars(roots: list[Node]) -> Iterator[Scalar]:
    """Yield the texts of a file; a YAML alias is visited once."""
    pending = [("", root) for root in roots]
    seen: set[tuple[int, int]] = set()
    while pending:
        key_text, node = pending.pop()
        span = (node.start, node.end)
        if span in seen:
            continue
        seen.add(span)
        if not node.is_container:
            yield Scalar(node.start, node.end, key_text)
        for key, value in node.pairs:
            yield Scalar(key.start, key.end, key.text, value=value)
            if value.is_container:
                pending.append((key.text, value))
            else:
                yield Scalar(value.start, value.end, key.text, parent=node)
        pending.extend((key_text, item) for item in node.items)
