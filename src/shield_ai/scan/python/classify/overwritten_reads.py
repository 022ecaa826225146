"""Find the reads for settings that a later condition replaces, with other secrets.

For example, `DATABASES = {"default": env.db()}`, and below it `if "RDS_HOST" in os.environ:` with
other `DATABASES`. The app needs the secrets of only one of the two.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING, TypeGuard

from shield_ai.model.site import Shape
from shield_ai.scan.python.classify.alternative_reads import mark_alternatives
from shield_ai.scan.python.readers.ast_walk import descend

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.scan.python.classify.candidates import Candidate

SCOPES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def mark_overwritten_reads(tree: ast.Module, candidates: Sequence[Candidate]) -> None:
    """Mark the reads for a setting that a condition on a variable replaces, and those of that.

    A condition with an `else` branch is skipped: the setting is then replaced in each case.
    """
    reads: dict[ast.AST, Candidate] = {}
    for candidate in candidates:
        if candidate.shape is Shape.READ:
            reads[candidate.node] = candidate
    if sum(read.is_secret_read() for read in reads.values()) < 2:
        return
    tests = _Tests(candidates)
    for scope in descend(tree):
        if isinstance(scope, SCOPES):
            _mark_in_scope(scope.body, tests, reads)


def _mark_in_scope(
    body: Sequence[ast.stmt], tests: _Tests, reads: Mapping[ast.AST, Candidate]
) -> None:
    earlier: defaultdict[tuple[str, ...], list[Candidate]] = defaultdict(list)
    for statement in body:
        if isinstance(statement, ast.If) and not statement.orelse and tests.tests(statement):
            _mark_overwritten(statement, earlier, reads)
        for part in descend(statement):
            if part in reads:
                path = reads[part].path
                for length in range(1, len(path) + 1):
                    earlier[path[:length]].append(reads[part])


class _Tests:
    """The conditions on the presence or the value of a variable."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._nodes: set[ast.AST] = set()
        self._names: set[str] = set()
        for candidate in candidates:
            is_presence = candidate.shape is Shape.PRESENCE and not candidate.negated
            if is_presence or candidate.shape is Shape.READ:
                self._nodes.add(candidate.node)
                if candidate.direct and len(candidate.path) == 1:
                    self._names.add(candidate.path[0])

    def tests(self, node: ast.If) -> bool:
        """Return whether a condition requires a variable, or a name with its value."""
        test = node.test
        operands = test.values if _is_and(test) else [test]
        return any(
            operand in self._nodes or (isinstance(operand, ast.Name) and operand.id in self._names)
            for operand in operands
        )


def _is_and(test: ast.expr) -> TypeGuard[ast.BoolOp]:
    return isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And)


def _mark_overwritten(
    condition: ast.If,
    earlier: dict[tuple[str, ...], list[Candidate]],
    reads: Mapping[ast.AST, Candidate],
) -> None:
    """Mark the earlier reads for the settings that a condition assigns, and its own reads.

    Args:
        condition: The condition.
        earlier: The reads above it, by the setting and the keys below it. Those that it marks are
            removed.
        reads: The read at each node of the module.
    """
    for statement in condition.body:
        if not isinstance(statement, ast.Assign):
            continue
        new = [reads[part] for part in descend(statement.value) if part in reads]
        for path in filter(None, map(_path, statement.targets)):
            mark_alternatives([earlier.pop(path, []), new])


def _path(target: ast.expr) -> tuple[str, ...]:
    """Return the setting that an assignment replaces, and the keys below it; () for others."""
    if isinstance(target, ast.Name):
        return (target.id,)
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        parent = _path(target.value)
        return (*parent, str(target.slice.value)) if parent else ()
    return ()
