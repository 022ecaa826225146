"""Find the branches of an app's code that run only in its tests, and skip the reads in them.

    if INTEGRATION_TEST:
        DATABASES["default"]["PASSWORD"] = os.environ["POSTGRES_PASSWORD"]

The tests start this database themselves, so its password is not a secret.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set, words
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.python.readers.ast_walk import descend

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.scan.python.classify.candidates import Candidate

TESTS = word_set("TEST TESTS TESTING PYTEST")
# The words beside TEST in the name of a switch. TEST beside other words, as in STRIPE_TEST_MODE,
# can be a mode in which production runs.
CONTEXT = word_set("""
    CURRENT DJANGO E2E ENV FUNCTIONAL IN INTEGRATION IS RUN RUNNING RUNS SMOKE UNDER UNIT
""")
# The arguments, the imported modules and the variables of the process: sys.argv, os.environ.
PROCESS = frozenset({"argv", "modules", "environ"})
TRUE = frozenset({"1", "true", "yes", "on"})


def mark_branches_for_tests(tree: ast.Module, candidates: Iterable[Candidate]) -> None:
    """Skip the values in branches that run only in tests.

    Args:
        tree: The module.
        candidates: Its candidates.
    """
    unskipped = {found.node: found for found in candidates if found.reason is None}
    if not unskipped:
        return
    for node in descend(tree):
        for statement in _test_branch(node) if isinstance(node, ast.If) else ():
            for part in descend(statement):
                if part in unskipped:
                    unskipped[part].reason = SkipId.DEVELOPMENT_STAGE.reason()


def _test_branch(node: ast.If) -> Sequence[ast.stmt]:
    if is_test_switch(node.test):
        return node.body
    if isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not):
        return node.orelse if is_test_switch(node.test.operand) else ()
    return ()


def is_test_switch(test: ast.expr) -> bool:
    """Return whether a condition is true only in tests: `TESTING`, `"pytest" in sys.modules`."""
    if isinstance(test, ast.BoolOp):
        parts = map(is_test_switch, test.values)
        return any(parts) if isinstance(test.op, ast.And) else all(parts)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        [other] = test.comparators
        if isinstance(test.ops[0], ast.In):
            is_process = ast.unparse(other).rpartition(".")[2] in PROCESS
            return is_process and _names_tests(literal_text(test.left) or "")
        is_true = isinstance(other, ast.Constant) and str(other.value).lower() in TRUE
        return is_true and isinstance(test.ops[0], (ast.Eq, ast.Is)) and is_test_switch(test.left)
    return _names_tests(_name_of(test))


def _name_of(test: ast.expr) -> str:
    """Return the name of a variable, of an attribute, or of the variable that a call reads."""
    if isinstance(test, ast.Name):
        return test.id
    if isinstance(test, ast.Attribute):
        return test.attr
    if isinstance(test, ast.Call) and test.args:
        return literal_text(test.args[0]) or ""
    if isinstance(test, ast.Subscript):
        return literal_text(test.slice) or ""
    return ""


def _names_tests(name: str) -> bool:
    found = set(words(name))
    return not found.isdisjoint(TESTS) and found <= TESTS | CONTEXT
