"""Recognize settings classes for development, tests or builds."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.text.settings_class_names import CLASS_ENDING, is_test_class

if TYPE_CHECKING:
    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.classify.candidates import Candidate

DEVELOPMENT_CLASS = regex(rf"(?:Local|(?:Local)?Dev(?:elop(?:ment)?)?){CLASS_ENDING}")
# Settings for the build of an image, such as with `manage.py collectstatic`.
BUILD_CLASS = regex(rf"Build{CLASS_ENDING}")


class StageClasses:
    """The settings classes of a module that are not for production.

    Args:
        module: The module.
    """

    def __init__(self, module: ast.Module) -> None:
        classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
        self._derived = {base for node in classes for base in _base_names(node)}
        self._are_development: dict[ast.ClassDef, bool] = {}
        self._production_bases: set[str] = set()
        for node in classes:
            is_build = BUILD_CLASS.fullmatch(node.name) is not None
            if not is_build and not is_test_class(node.name) and not self._is_development(node):
                self._production_bases |= _base_names(node)

    def explain(self, candidate: Candidate, scope: ast.ClassDef) -> SkipReason | None:
        """Return the reason to skip a value in a class that is not for production, or None.

        Args:
            candidate: The value.
            scope: The class that contains it.
        """
        if BUILD_CLASS.fullmatch(scope.name) and literal_text(candidate.default):
            return SkipId.BUILD_CLASS.reason(name=scope.name)
        if is_test_class(scope.name):
            return _explain_in_tests(candidate, scope)
        if self._is_beside_production(scope):
            return _explain_in_development(candidate, scope)
        return None

    def _is_beside_production(self, node: ast.ClassDef) -> bool:
        """Return whether a class is for development, and one with the same base for production."""
        bases = _base_names(node)
        return not bases.isdisjoint(self._production_bases) and self._is_development(node)

    def _is_development(self, node: ast.ClassDef) -> bool:
        """Return whether a class is named so, or sets DEBUG and no other is derived from it."""
        if node not in self._are_development:
            is_named = DEVELOPMENT_CLASS.fullmatch(node.name) is not None
            is_leaf = node.name not in self._derived
            self._are_development[node] = is_named or (is_leaf and _sets_debug(node.body))
        return self._are_development[node]


def _explain_in_tests(candidate: Candidate, scope: ast.ClassDef) -> SkipReason | None:
    is_value = candidate.shape in {Shape.LITERAL, Shape.FIELD}
    if is_value or candidate.variable.startswith(("TEST_", "TESTING_")):
        return SkipId.TEST_CLASS.reason(name=scope.name)
    return None


def _explain_in_development(candidate: Candidate, scope: ast.ClassDef) -> SkipReason | None:
    if candidate.shape is Shape.LITERAL:
        return SkipId.TEST_VALUE.reason()
    if candidate.shape is Shape.READ and literal_text(candidate.default):
        # The class exists in production, too, where the secret can be missing.
        return SkipId.DEVELOPMENT_CLASS.reason(name=scope.name)
    return None


def _sets_debug(body: list[ast.stmt]) -> bool:
    for statement in body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
            if "DEBUG" in names:
                return statement.value.value is True
    return False


def _base_names(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base) for base in node.bases} - {"object"}
