"""Visit the tests for the presence of a variable, and the copies of the environment."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.scan.python.classify.candidates import Candidate
from shield_ai.scan.python.readers.known_readers import Environ, EnvObject
from shield_ai.scan.python.readers.reads import reads_variable
from shield_ai.scan.python.visit.computed_names import ComputedNameVisitor
from shield_ai.scan.python.visit.copied_environs import (
    CopiedEnvirons,
    container_of,
    without_keys_call,
)

if TYPE_CHECKING:
    from shield_ai.scan.python.readers.reads import Read


class PresenceTestVisitor(ComputedNameVisitor):
    """Visits the presence tests; the subclass collects the candidates."""

    def visit_presence_test(self, node: ast.Compare) -> bool:
        """Visit a comparison, and return whether it is a presence test of a known variable."""
        if len(node.ops) != 1 or not isinstance(node.ops[0], (ast.In, ast.NotIn)):
            return False
        container = without_keys_call(node.comparators[0])
        environ = self._environ_of(container)
        if environ is None:
            return False
        candidate = Candidate(
            node=node,
            shape=Shape.PRESENCE,
            reader=environ.label,
            negated=isinstance(node.ops[0], ast.NotIn),
        )
        name = self.resolver.constant_text(node.left, self.scopes)
        if environ.is_copy:
            candidate.environ = self._original_of_copy(container, name)
            if not candidate.environ:
                candidate.reason = SkipId.TESTS_ENVIRONMENT_COPY.reason()
        if name is not None:
            candidate.variable = name
        else:
            self._set_possible_variables(candidate, node.left)
            self._record_computed_read(candidate, node.left)
            if not self.source.segment(container).endswith("environ"):
                candidate.reason = SkipId.COMPUTED_NAME.reason()
        if not candidate.variable and not candidate.possible_variables:
            return False
        if not self._is_migrated(candidate):
            self.add(candidate)
        return True

    def _reads_unchanged_copy(self, candidate: Candidate, read: Read) -> bool:
        """Return whether a read of a copy can become a read of os.environ."""
        node = candidate.node
        container = container_of(node)
        if container is None or not candidate.variable:
            return False
        is_multiline = node.lineno != node.end_lineno
        if is_multiline and read.default is not None:
            if reads_variable(self.resolver, read.default, self.scopes):
                return False
        candidate.environ = self._original_of_copy(container, candidate.variable)
        return bool(candidate.environ)

    def _original_of_copy(self, container: ast.expr, variable: str | None) -> str:
        """Return the code that a name copies, such as `os.environ`; empty if a value can differ."""
        if len(self.scopes) > 1 or self._loop_names or self._fstrings:
            return ""
        return self._copies.original(container, variable)

    @functools.cached_property
    def _copies(self) -> CopiedEnvirons:
        return CopiedEnvirons(self.source.tree, self.resolver.project)

    def _environ_of(self, container: ast.expr) -> Environ | None:
        """Return the environment that an expression refers to; None for other expressions."""
        base = self.resolver.resolve(container, self.scopes)
        if isinstance(base, EnvObject) and base.label == "django-environ" and not base.prefix:
            return Environ()
        return base if isinstance(base, Environ) and not base.is_guessed else None
