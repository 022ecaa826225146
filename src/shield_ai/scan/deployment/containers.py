"""Find the documents of a Kubernetes manifest that are for development, by their containers."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from shield_ai.scan.deployment.environment import walk_blocks
from shield_ai.scan.deployment.evidence import (
    NO_MATCHES,
    Evidence,
    Matches,
    development_units,
    file_matches,
    find_matches,
    variable_matches,
)
from shield_ai.scan.deployment.evidence_rules import TextKind
from shield_ai.scan.deployment.service_evidence import TOO_LARGE, ServiceReader

if TYPE_CHECKING:
    from shield_ai.scan.deployment.environment import Block
    from shield_ai.scan.text.config_node import Node

CONTAINERS = frozenset({"containers", "initContainers"})
STAGE_LABELS = frozenset({"env", "environment", "stage"})
MAX_BLOCKS = 20_000  # values of maps that are read in a file


def development_documents(roots: list[Node]) -> frozenset[str]:
    """Return the documents for development: their start offsets, as text.

    Args:
        roots: The documents of the file.
    """
    own = {str(root.start): _document_matches(root) for root in roots}
    shared = file_matches(itertools.chain(*own.values()))
    return development_units({name: Evidence(matches | shared) for name, matches in own.items()})


def _document_matches(root: Node) -> Matches:
    matches = NO_MATCHES
    reader = ServiceReader()
    for number, block in enumerate(walk_blocks([root])):
        if number > MAX_BLOCKS:
            return TOO_LARGE
        matches |= _block_matches(block, reader)
    return matches


def _block_matches(block: Block, reader: ServiceReader) -> Matches:
    key, value = block.path[-1], block.value
    parent = block.path[-2] if len(block.path) > 1 else ""
    if key == "namespace" and parent == "metadata":
        return find_matches(TextKind.PROJECT, value.text)
    if key in STAGE_LABELS and parent in {"labels", "matchLabels"}:
        return variable_matches("ENVIRONMENT", value.text)
    if key == "replicas" and parent == "spec":
        return find_matches(TextKind.KEY, f"replicas={value.text}")
    if parent in CONTAINERS and key in {"command", "args"}:
        return reader.text_matches(TextKind.COMMAND, value)
    is_environment = parent in CONTAINERS and key == "env"
    if is_environment or (block.path == ("data",) and value.pairs):
        return NO_MATCHES.union(*reader.variables(value).values())
    return NO_MATCHES
