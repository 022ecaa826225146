"""Collect the values of django-configurations, which read variables in their setup()."""

from __future__ import annotations

import ast
import functools

from shield_ai.scan.python.classify.harmless_variables import explain_harmless_type
from shield_ai.scan.python.readers.reads import reads_variable
from shield_ai.scan.python.settings_classes.django_configurations import (
    configurations_read,
    converted_type,
)
from shield_ai.scan.python.visit.env_reads import EnvReadVisitor


class ConfigurationsValueVisitor(EnvReadVisitor):
    """Visits the values of django-configurations; the subclass collects the candidates."""

    @functools.cached_property
    def _uses_configurations(self) -> bool:
        return "configurations" in self.source.text

    def visit_configurations_value(
        self, node: ast.Call, function: object, path: tuple[str, ...]
    ) -> bool:
        """Visit a call, and return whether it creates a value of django-configurations."""
        if not self._uses_configurations:
            return False
        is_setting = isinstance(self.scopes[-1], ast.ClassDef) and len(path) == 1

        def constant_text(part: ast.AST | None) -> str | None:
            return self.resolver.constant_text(part, self.scopes)

        candidate = configurations_read(node, function, path, constant_text, is_setting=is_setting)
        if candidate is None:
            return False
        if candidate.default is not None:
            candidate.has_default_from_env = reads_variable(
                self.resolver, candidate.default, self.scopes
            )
        self._set_database_field(candidate)
        reason = explain_harmless_type(
            path[0] if path else "", {converted_type(function)}, candidate.default
        )
        if reason:
            self._add_harmless(node, candidate.variable, reason)
            return True
        enclosing = self._enclosing_variables()
        if candidate.variable and candidate.variable not in enclosing:
            self.add(candidate)
        return True
