"""Read the values of a Compose file: merged maps, assignments, texts and mounts."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.environment import MERGE_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.text.config_node import Node

MAX_TEXTS = 100  # of a list or map that are read
MAX_PATH = 300  # characters
NAME = frozenset({"name"})
VALUE = frozenset({"value"})
CURRENT_FOLDER = regex(r"\$\{?PWD\}?")


def merged_maps(node: Node) -> Iterator[Node]:
    """Yield the maps that a map is merged with, the one with the highest precedence last."""
    for key, value in node.pairs:
        if key.text != MERGE_KEY:
            continue
        if value.items:
            yield from reversed(value.items)
        else:
            yield value


def environment_assignments(environment: Node) -> Iterator[tuple[str, str]]:
    """Yield the variables that a map, a list of `NAME=value` or a list of maps sets.

    Args:
        environment: The map or list.
    """
    for key, value in environment.pairs:
        if key.text != MERGE_KEY and not value.is_container:
            yield key.text, value.text
    for item in environment.items:
        name, equals, text = item.text.partition("=")
        if equals:
            yield name.strip(), text.strip("'\"")
        elif named := item.find_text(NAME):
            value_node = item.find_text(VALUE)
            yield named.text, value_node.text if value_node else ""


def node_texts(node: Node) -> list[str]:
    """Return the first texts of a value, and those of the maps in a list.

    Args:
        node: The value.
    """
    if not node.is_container:
        return [node.text]
    found: list[str] = []
    children = list(node.items[:MAX_TEXTS])
    children.extend(value for _, value in node.pairs[:MAX_TEXTS])
    for item in children:
        if item.is_container:
            found += [value.text for _, value in item.pairs[:MAX_TEXTS] if not value.is_container]
        else:
            found.append(item.text)
    return found


def mount_source(volume: str) -> str:
    """Return the folder that a volume mounts; empty for a named volume."""
    source = CURRENT_FOLDER.sub(".", volume[:MAX_PATH]).partition(":")[0]
    return posixpath.normpath(source) if source.startswith(".") else ""
