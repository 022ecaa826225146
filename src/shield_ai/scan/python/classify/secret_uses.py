"""Recognize the reads of secrets by the use of their values, not by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.scan.python.classify.header_values import mark_header_values
from shield_ai.scan.python.classify.server_urls import mark_server_urls

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Sequence

    from shield_ai.scan.python.classify.candidates import Candidate


def mark_secret_uses(
    tree: ast.Module, candidates: Sequence[Candidate], urls: Iterable[ast.expr]
) -> None:
    """Mark the reads of URLs with which a file connects, and of credentials that it sends.

    Args:
        tree: The module.
        candidates: Its candidates.
        urls: The arguments with the URL of a server and, for a name, also the value assigned to it.
    """
    mark_server_urls(candidates, urls)
    mark_header_values(tree, candidates)
