"""Mark the reads in branches that production does not take.

    if ENVIRONMENT in ("production", "staging"):
        ...
    else:
        S3_KEY = os.environ.get("S3_KEY", "local")

Production does not need the secrets that only these branches read.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.words import word_set, words
from shield_ai.scan.python.classify.branches_for_tests import mark_branches_for_tests
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.python.readers.ast_walk import descend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.scan.python.classify.candidates import Candidate

PRODUCTION = word_set("PROD PRODUCTION LIVE")
DEVELOPMENT = word_set("DEV DEVELOPMENT LOCAL LOCALHOST TEST TESTING CI")
DISPLAYS = (ast.List, ast.Tuple, ast.Set)


def mark_other_stages(tree: ast.Module, candidates: Sequence[Candidate]) -> None:
    """Mark the reads that run only in development or in tests, because of a condition.

    Args:
        tree: The module.
        candidates: Its candidates.
    """
    mark_branches_for_tests(tree, candidates)
    reads: dict[ast.AST, Candidate] = {candidate.node: candidate for candidate in candidates}
    if not reads:
        return
    for node in descend(tree):
        for statement in _other_stages(node) if isinstance(node, ast.If) else ():
            for part in descend(statement):
                if part in reads:
                    reads[part].has_alternative_branch = True


def _other_stages(node: ast.If) -> Sequence[ast.stmt]:
    """Return the statements of the branch that production does not take; none if unknown."""
    stages = _tested_stages(node.test)
    has_elif = len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)
    if any(not PRODUCTION.isdisjoint(words(stage)) for stage in stages) and not has_elif:
        return node.orelse
    if stages and all(not DEVELOPMENT.isdisjoint(words(stage)) for stage in stages):
        return node.body
    return ()


def _tested_stages(test: ast.expr) -> list[str]:
    """Return the texts in a condition that is true if a value is equal to one of them."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return []
    if not isinstance(test.ops[0], (ast.Eq, ast.In)):
        return []
    operand = test.comparators[0]
    elements = operand.elts if isinstance(operand, DISPLAYS) else [operand]
    texts = [literal_text(element) for element in elements]
    return [text for text in texts if text] if all(texts) else []
