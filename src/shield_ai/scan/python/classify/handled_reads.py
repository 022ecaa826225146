"""Find the reads of variables that an app does without: `except KeyError: X = None`."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.scan.python.classify.conditions import continues_without, reads_in
from shield_ai.scan.python.readers.ast_walk import descend

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.scan.python.classify.candidates import Candidate


def mark_handled_reads(tree: ast.Module, candidates: Iterable[Candidate]) -> None:
    """Mark each read in a `try` that goes on without the variable.

    A handler that leaves the name unbound, as one that only logs, is no help if the module uses
    the name afterwards: `try: X = environ["X"] except KeyError: log()`, then `f(X)`.
    """
    reads: dict[ast.AST, Candidate] = {candidate.node: candidate for candidate in candidates}
    uses: _Uses | None = None
    for block in _blocks_that_continue(tree):
        for statement in block.body:
            found = list(reads_in([statement], reads))
            if not found:
                continue
            uses = uses or _Uses.of(tree)
            if not _leaves_used_name(uses, block, statement):
                for read in found:
                    read.is_guarded = True


def _blocks_that_continue(tree: ast.Module) -> Iterator[ast.Try]:
    """Yield each `try` with a handler that goes on without a value."""
    for node in descend(tree):
        if isinstance(node, ast.Try) and any(map(continues_without, node.handlers)):
            yield node


class _Uses(NamedTuple):
    """How often a module binds and uses each name."""

    bound: Counter[str]
    used: Counter[str]

    @classmethod
    def of(cls, tree: ast.AST) -> _Uses:
        """Count the names in a tree."""
        return cls(_names(tree, ast.Store), _names(tree, ast.Load))


def _leaves_used_name(uses: _Uses, block: ast.Try, statement: ast.stmt) -> bool:
    """Return whether only a statement in a `try` binds a name that code outside it uses."""
    if not isinstance(statement, ast.Assign):
        return False
    names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if not names or len(names) != len(statement.targets):
        return False
    inside = _names(block, ast.Load)
    return any(uses.used[name] > inside[name] and uses.bound[name] == 1 for name in names)


def _names(tree: ast.AST, context: type[ast.expr_context]) -> Counter[str]:
    """Count the uses of each name in a context."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return Counter(node.id for node in nodes if isinstance(node.ctx, context))
