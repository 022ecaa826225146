"""Find the reads of enumerated variables that a function uses only to mask their values in texts.

For example, a logging filter replaces the values of many variables by asterisks. Its list can name
variables of other programs: a name in the list does not show that the app has such a secret.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import descend, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.scan.python.classify.candidates import Candidate

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Functions that take a value to mask it, or to decide whether to do so.
MASKING = frozenset({"replace", "sub", "escape", "compile"})
TESTING = frozenset({"len", "bool", "isinstance"})


def mark_masked_reads(tree: ast.Module, candidates: Sequence[Candidate]) -> None:
    """Mark the reads of enumerated variables if the code only masks the values."""
    enumerated = {
        candidate.node: candidate for candidate in candidates if candidate.possible_variables
    }
    if not enumerated:
        return
    scopes = [tree, *(node for node in descend(tree) if isinstance(node, FUNCTIONS))]
    for scope in scopes:
        assigned = [_assigned(node) for node in descend(scope)]
        found = [(name, value) for name, value in assigned if name and value in enumerated]
        if not found:
            continue
        uses = _Uses(scope)
        for name, value in found:
            # the innermost function comes last
            enumerated[value].is_only_masked = uses.are_masked(name)


def _assigned(node: ast.AST) -> tuple[str, ast.AST | None]:
    """Return the only name that a node assigns, and the value; an empty name for other nodes."""
    target: ast.expr | None = None
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        target = node.target
    if not isinstance(target, ast.Name):
        return "", None
    return target.id, getattr(node, "value", None)


class _Uses:
    """The uses of each variable of a scope, and the expressions that it masks or tests."""

    def __init__(self, scope: ast.AST) -> None:
        self._masked: set[ast.AST] = set()
        self._tested: set[ast.AST] = set()
        self._loads: defaultdict[str, set[ast.AST]] = defaultdict(set)
        for node in descend(scope):
            self._add(node)

    def are_masked(self, name: str) -> bool:
        """Return whether a variable is masked, and only masked or tested."""
        uses = self._loads[name]
        masked = uses & self._masked
        return bool(masked) and uses - masked <= self._tested

    def _add(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                self._loads[node.id].add(node)
        elif isinstance(node, ast.Call):
            function = name_of(node.func)
            if function in MASKING:
                self._masked.update(node.args[:1])
            elif function in TESTING:
                self._tested.update(node.args[:1])
        else:
            self._tested.update(_tests(node))


def _tests(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the expressions that a condition tests, and the left side of `value in text`."""
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield from _operands(node.test)
    elif isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield from _operands(test)
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        yield node.left


def _operands(test: ast.expr) -> Iterator[ast.AST]:
    if isinstance(test, ast.BoolOp):
        for value in test.values:
            yield from _operands(value)
    elif isinstance(test, ast.UnaryOp):
        yield from _operands(test.operand)
    else:
        yield test
