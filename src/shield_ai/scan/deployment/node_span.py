"""Compute where a value of a YAML or JSON file starts and ends in its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.scan.text.config_parsers import YAML_PROPERTIES

if TYPE_CHECKING:
    from shield_ai.scan.text.config_node import Node


def node_start(raw: bytes, node: Node) -> int:
    """Return the start offset of a value, including its opening quote.

    Args:
        raw: The file.
        node: The value.
    """
    return node.start - 1 if _is_in_quotes(raw, node) else node.start


def node_end(raw: bytes, node: Node) -> int:
    """Return the end offset of a value.

    A YAML block collection ends with its last scalar; a flow collection, with its bracket.

    Args:
        raw: The file.
        node: The value.
    """
    pending = [node]
    end = node.start
    while pending:
        part = pending.pop()
        if not part.is_container:
            quote_size = 1 if _is_in_quotes(raw, part) else 0
            end = max(end, part.end + quote_size)
        elif is_flow_collection(raw, part):
            end = max(end, part.end)
        else:
            for key, value in part.pairs:
                pending += [key, value]
            pending += part.items
    return end


def is_flow_collection(raw: bytes, node: Node) -> bool:
    """Return whether a list or map is a flow collection, in brackets or braces.

    An anchor and a tag before the bracket are skipped.

    Args:
        raw: The file.
        node: The list or map.
    """
    properties = YAML_PROPERTIES.match(raw, node.start, node.end)
    start = properties.end() if properties else node.start
    return raw[start : start + 1] in (b"{", b"[")


def _is_in_quotes(raw: bytes, node: Node) -> bool:
    before = raw[max(node.start - 1, 0) : node.start]
    is_quoted = node.quoted and not node.is_container and before in (b'"', b"'")
    return is_quoted and raw[node.end : node.end + 1] == before
