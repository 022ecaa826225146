"""Recognize settings classes for development, tests or builds by their names."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.classify.literals import literal_text

if TYPE_CHECKING:
    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.classify.candidates import Candidate

_ENDING = r"(?:App)?(?:Config(?:uration)?|Settings|Environment)?"
TEST_CLASS = regex(rf"(?:Unit)?Test(?:s|ing)?{_ENDING}")
DEVELOPMENT_CLASS = regex(rf"(?:Local|(?:Local)?Dev(?:elop(?:ment)?)?){_ENDING}")
# Settings for the build of an image, such as with `manage.py collectstatic`.
BUILD_CLASS = regex(rf"Build{_ENDING}")


def explain_stage(candidate: Candidate, scope: ast.AST, module: ast.Module) -> SkipReason | None:
    """Return the reason to skip a value in a settings class that is not for production, or None.

    Args:
        candidate: The value.
        scope: The class or function that contains it.
        module: The module.
    """
    if not isinstance(scope, ast.ClassDef):
        return None
    if BUILD_CLASS.fullmatch(scope.name) and literal_text(candidate.default):
        return SkipId.BUILD_CLASS.reason(name=scope.name)
    is_literal = candidate.shape is Shape.LITERAL
    if TEST_CLASS.fullmatch(scope.name):
        is_field = candidate.shape is Shape.FIELD
        if is_literal or is_field or candidate.variable.startswith(("TEST_", "TESTING_")):
            return SkipId.TEST_CLASS.reason(name=scope.name)
    elif DEVELOPMENT_CLASS.fullmatch(scope.name) and _has_production_sibling(scope, module):
        if is_literal:
            return SkipId.TEST_VALUE.reason()
        if candidate.shape is Shape.READ and literal_text(candidate.default):
            # The class exists in production, too, where the secret can be missing.
            return SkipId.DEVELOPMENT_CLASS.reason(name=scope.name)
    return None


def _has_production_sibling(scope: ast.ClassDef, module: ast.Module) -> bool:
    """Return whether another class with the same base class is for production."""
    bases = _base_names(scope)
    for node in module.body:
        if not isinstance(node, ast.ClassDef) or bases.isdisjoint(_base_names(node)):
            continue
        patterns = (TEST_CLASS, DEVELOPMENT_CLASS, BUILD_CLASS)
        if not any(pattern.fullmatch(node.name) for pattern in patterns):
            return True
    return False


def _base_names(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base) for base in node.bases} - {"object"}
