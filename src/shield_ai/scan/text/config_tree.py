"""Build the nodes of a YAML or JSON file from its tokens.

Creating a node costs several times as much as reading its token, and almost no node matters. So a
list or map is only built if one of its keys is wanted, or the key that it is under.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shield_ai.scan.text.config_node import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    KeyFilter = Callable[[str], bool]


def every_key(_key: str) -> bool:
    """Want every key, so that the whole file is built."""
    return True


class TreeBuilder:
    """Builds nodes.

    A list or map without a wanted key is reduced to the lists and maps in it that lead to a wanted
    key; its texts are left out.

    Args:
        create: Creates the node of a text from its token.
        decode: Returns the text of a token.
        is_wanted: Whether the key of a map is wanted.
    """

    def __init__(
        self, create: Callable[[Any], Node], decode: Callable[[Any], str], is_wanted: KeyFilter
    ) -> None:
        self._create = create
        self._decode = decode
        self._is_wanted = is_wanted
        self._file = _Container(0, is_map=False, is_wanted=is_wanted is every_key)
        self._open = [self._file]

    def open(self, start: int, *, is_map: bool, is_wanted: bool = False) -> None:
        """Begin a list or map.

        Args:
            start: Its offset.
            is_map: Whether it is a map.
            is_wanted: Whether to build it even without a wanted key.
        """
        is_wanted = is_wanted or self._open[-1].builds_next or self._file.is_wanted
        self._open.append(_Container(start, is_map=is_map, is_wanted=is_wanted))

    def close(self, end: int) -> Node | None:
        """End the last list or map, and return it; None if there is none."""
        if len(self._open) == 1:
            return None
        node = self._build(self._open.pop(), end)
        self.add(node)
        return node

    def add(self, part: Any) -> None:
        """Add the token of a text, or a node."""
        container = self._open[-1]
        children = container.children
        if container.is_map and len(children) % 2 == 0:
            key = part.text if type(part) is Node else self._decode(part)
            container.builds_next = self._is_wanted(key)
            container.is_wanted |= container.builds_next
        children.append(part)

    def roots(self, end: int) -> list[Node]:
        """Return the nodes of the file.

        Args:
            end: The end of lists and maps that are not closed.
        """
        while self.close(end):
            pass
        return list(self._build(self._file, end).items)

    def _build(self, container: _Container, end: int) -> Node:
        children = container.children
        if not container.is_wanted:
            values = children[1::2] if container.is_map else children
            items = tuple(value for value in values if type(value) is Node and _has_content(value))
            return Node("", container.start, end, items=items, is_container=True)
        nodes = [part if type(part) is Node else self._create(part) for part in children]
        if container.is_map:
            pairs = tuple(zip(nodes[::2], nodes[1::2], strict=False))
            return Node("", container.start, end, pairs=pairs, is_container=True)
        return Node("", container.start, end, items=tuple(nodes), is_container=True)


class _Container:
    """A list or map that is not closed yet."""

    def __init__(self, start: int, *, is_map: bool, is_wanted: bool) -> None:
        self.start = start
        self.is_map = is_map
        self.is_wanted = is_wanted
        self.builds_next = False  # the last key is wanted
        self.children: list[Any] = []  # tokens of texts, and nodes; in a map, keys and values


def _has_content(node: Node) -> bool:
    return bool(node.items or node.pairs)
