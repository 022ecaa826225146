"""Recognize reads of credentials by the HTTP header in which the app sends them.

    headers = {"Authorization": f"Bearer {os.environ['REPORT_AUTH']}"}

Such a value is a secret, even if its name does not sound like one.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import may_be_credential
from shield_ai.model.site import Shape
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.python.readers.ast_walk import descend, name_of
from shield_ai.scan.python.readers.reads import concatenated_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.scan.python.classify.candidates import Candidate

HEADERS = frozenset({"authorization", "proxy-authorization"})


def mark_header_values(tree: ast.Module, candidates: Iterable[Candidate]) -> None:
    """Mark the reads of values that a file sends as the credential of a request.

    Args:
        tree: The module.
        candidates: Its candidates.
    """
    reads = [candidate for candidate in candidates if _may_be_sent(candidate)]
    if not reads:
        return
    sent = {_credential(value) for value in _header_values(tree)}
    names = {name_of(node) for node in sent} - {""}
    for read in reads:
        is_named = read.direct and not names.isdisjoint(read.path[-1:])
        if is_named or read.node in sent:
            read.is_always_secret = True


def _may_be_sent(candidate: Candidate) -> bool:
    is_read = candidate.shape is Shape.READ and bool(candidate.variable)
    return is_read and may_be_credential(candidate.variable) and not candidate.is_secret_read()


def _header_values(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the values of the headers in dicts, and those that are assigned to a key."""
    for node in descend(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if _is_header(key):
                    yield value
        elif isinstance(node, ast.Assign):
            target = node.targets[0]
            if isinstance(target, ast.Subscript) and _is_header(target.slice):
                yield node.value


def _is_header(key: ast.expr | None) -> bool:
    return (literal_text(key) or "").lower() in HEADERS


def _credential(value: ast.expr) -> ast.expr:
    """Return the last value in the text of a header: `key` in f"Bearer {key}"."""
    parts = concatenated_parts(value) or []
    values = [part for part in parts if not isinstance(part, ast.Constant)]
    return _credential(values[-1]) if values else value
