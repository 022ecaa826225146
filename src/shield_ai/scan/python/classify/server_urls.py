"""Recognize reads of server URLs by their use, not by their names.

    EVENTS = os.environ["EVENTS"]
    connection = kombu.Connection(EVENTS)

Such a URL can contain a password.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.scan.python.classify.candidates import Candidate


def mark_server_urls(candidates: Iterable[Candidate], urls: Iterable[ast.expr]) -> None:
    """Mark the reads that a file passes to a function that connects to a server.

    Args:
        candidates: The candidates of the file.
        urls: The arguments of such functions and the values assigned to names among them.
    """
    values = {part for url in urls for part in _operands(url)}
    attributes = {node.attr for node in values if isinstance(node, ast.Attribute)}
    for candidate in candidates:
        if candidate.shape is not Shape.READ:
            continue
        is_attribute = candidate.direct and not attributes.isdisjoint(candidate.path[-1:])
        if candidate.node in values or is_attribute:
            candidate.is_always_secret = True


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    """Yield an expression, and the values that it chooses from: `a or b`, `a if x else b`."""
    yield node
    if isinstance(node, ast.BoolOp):
        yield from node.values
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
