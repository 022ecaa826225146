"""Tell conditions that only production meets from those that only development or tests meet."""

from __future__ import annotations

import ast
import enum

from shield_ai.model.words import word_set, words

PRODUCTION = word_set("PROD PRODUCTION LIVE")
STAGING = word_set("STAGING")
TESTS = word_set("TEST TESTS TESTING PYTEST")
DEVELOPMENT = word_set("DEBUG DEV DEVEL DEVELOPER DEVELOPMENT LOCAL LOCALHOST")
FALSE_TEXTS = frozenset({"", "0", "f", "false", "n", "no", "off"})
NEGATIONS = (ast.NotEq, ast.IsNot, ast.NotIn)
EQUALITIES = (ast.Eq, ast.Is, ast.In, *NEGATIONS)


class Stage(enum.Enum):
    """The stage that a condition is limited to."""

    PRODUCTION = enum.auto()  # or staging
    DEVELOPMENT = enum.auto()  # or tests


def required_stage(test: ast.expr, *, is_negated: bool = False) -> Stage | None:
    """Return the only stage in which a condition can be true; None if it is unknown.

    Args:
        test: The condition.
        is_negated: Whether to return the stage in which the condition can be false.
    """
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, is_negated = test.operand, not is_negated
    if isinstance(test, ast.BoolOp):
        stages = {required_stage(part, is_negated=is_negated) for part in test.values}
        is_conjunction = isinstance(test.op, ast.And) != is_negated
        stages -= {None} if is_conjunction else set()
        return stages.pop() if len(stages) == 1 else None
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], EQUALITIES):
        is_negated ^= isinstance(test.ops[0], NEGATIONS)
        is_negated ^= _is_false(test.comparators[0])
    return _named_stage(test, is_negated=is_negated)


def _is_false(node: ast.expr) -> bool:
    """Return whether a constant, or each one in a list, means "false": `"0"`, `("no", "off")`."""
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return bool(node.elts) and all(map(_is_false, node.elts))
    if not isinstance(node, ast.Constant):
        return False
    return not node.value or str(node.value).lower() in FALSE_TEXTS


def _named_stage(test: ast.expr, *, is_negated: bool) -> Stage | None:
    """Return the stage that the names and texts of a condition, or of its opposite, refer to."""
    found = set(_words_in(test))
    is_production = not found.isdisjoint(PRODUCTION)
    is_staging = not found.isdisjoint(STAGING)
    is_tests = not found.isdisjoint(TESTS)
    is_development = not found.isdisjoint(DEVELOPMENT)
    if is_negated:  # outside of tests is not only production
        production, development = is_development and not is_staging, is_production
    else:
        production, development = is_production or is_staging, is_development or is_tests
    if production == development:
        return None
    return Stage.PRODUCTION if production else Stage.DEVELOPMENT


def _words_in(test: ast.expr) -> list[str]:
    found: list[str] = []
    for node in ast.walk(test):
        if isinstance(node, ast.Name):
            found += words(node.id)
        elif isinstance(node, ast.Attribute):
            found += words(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += words(node.value)
    return found
