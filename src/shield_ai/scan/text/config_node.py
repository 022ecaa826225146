"""The texts, lists and maps of a configuration file, with their positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Node(NamedTuple):
    """A text, a list or a map of a configuration file."""

    text: str
    start: int  # byte offsets, without quotes
    end: int
    quoted: bool = True
    items: tuple[Node, ...] = ()  # of a list
    pairs: tuple[tuple[Node, Node], ...] = ()  # of a map
    is_container: bool = False

    def find_text(self, keys: frozenset[str]) -> Node | None:
        """Return the first text of a map with one of the keys, which are in lower case."""
        return find_text(self.pairs, keys)

    def child(self, name: str) -> Node | None:
        """Return the value, of any type, under a key of a map; None without one."""
        return next((value for key, value in self.pairs if key.text == name), None)

    def kubernetes_kind(self) -> str:
        """Return the `kind` of a Kubernetes manifest; empty if it has none."""
        kind = self.child("kind")
        return kind.text if kind else ""


def find_text(pairs: Iterable[tuple[Node, Node]], keys: frozenset[str]) -> Node | None:
    """Return the first text with one of the keys, which are in lower case.

    Args:
        pairs: The keys and values of a map.
        keys: The keys to find.
    """
    for key, value in pairs:
        if key.text.lower() in keys and not value.is_container:
            return value
    return None
