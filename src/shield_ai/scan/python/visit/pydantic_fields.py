"""Visit the fields of pydantic settings: which variables they read, and their defaults."""

from __future__ import annotations

import abc
import ast
import itertools
from typing import TYPE_CHECKING

from shield_ai.model.database_fields import database_field
from shield_ai.model.name_meaning import is_secret
from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.project.pydantic_sources import PYDANTIC_1, PYDANTIC_2, SOURCE, adds_source
from shield_ai.scan.python.classify.candidates import Candidate
from shield_ai.scan.python.settings_classes.field_defaults import (
    default_number,
    default_text,
    field_default_contains_read,
    generated_default,
    is_named,
    is_optional,
    without_none,
)
from shield_ai.scan.python.settings_classes.secret_fields import (
    NON_TEXT_ANNOTATION,
    find_choices,
    may_be_secret,
)
from shield_ai.scan.python.settings_classes.served_fields import served_variables
from shield_ai.scan.python.settings_classes.settings_class import (
    ClassKind,
    SettingsClass,
    class_kind,
    find_base,
)
from shield_ai.scan.python.settings_classes.settings_readers import (
    SettingsReaders,
    has_alias,
    nested_settings_fields,
)
from shield_ai.scan.python.visit.expressions import ExpressionVisitor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.readers.bindings import Module
    from shield_ai.scan.python.readers.project import Project
    from shield_ai.scan.python.visit.statement_filter import StatementFilter


MAX_NESTED_FIELDS = 1000  # below one field; their number grows exponentially with the levels


class PydanticFieldVisitor(ExpressionVisitor):
    """Visits the fields of settings classes; subclasses collect the candidates."""

    def __init__(
        self, project: Project, module: Module, statement_filter: StatementFilter | None = None
    ) -> None:
        super().__init__(project, module, statement_filter)
        self.served: set[str] = set()  # variables that a settings source reads
        self.served_lines: set[int] = set()  # of the fields that it serves
        # texts in defaults that are not migrated: the reason, and the variable that overrides them
        self.kept_texts: dict[ast.expr, tuple[SkipReason | None, str]] = {}
        self._kinds: dict[ast.ClassDef, ClassKind] = {}
        self._readers = SettingsReaders(self.resolver)
        self._chosen: dict[ast.ClassDef, frozenset[str]] = {}  # fields that name an entry

    @abc.abstractmethod
    def add(self, candidate: Candidate) -> None:
        """Add a candidate."""

    def visit_statement(self, node: ast.stmt) -> None:
        """Visit a statement, except a choice and the method that adds shield's settings source."""
        if isinstance(node, ast.AnnAssign) and _has_constant(node) and self._is_choice(node):
            return
        if isinstance(node, ast.ClassDef):
            self._record_served_fields(node)
        if not adds_source(node):
            super().visit_statement(node)

    def _record_served_fields(self, node: ast.ClassDef) -> None:
        has_fields = any(isinstance(part, ast.AnnAssign) for part in node.body)
        if not has_fields and SOURCE not in self.source.text:
            return
        settings = self._readers.settings_of(node, self.scopes)
        if settings:
            self.served |= served_variables(self.resolver, settings)

    def visit_assignment(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        """Visit an assignment; the defaults in a pydantic class are not migrated."""
        scope = self.scopes[-1]
        if isinstance(scope, ast.ClassDef):
            if self._kind_of(scope) in {ClassKind.SETTINGS, ClassKind.MODEL}:
                self._keep_texts(value, SkipId.SCHEMA_DEFAULT.reason())
        super().visit_assignment(targets, value)

    def fill_fields(
        self, candidates: Sequence[Candidate], target: ast.expr, value: ast.expr
    ) -> None:
        """Add the settings class to the reads of a field's own variable in the field's default.

        pydantic reads the variable, also from an env file, before it uses the default.

        Args:
            candidates: What was found in the default.
            target: The field.
            value: The default.
        """
        scope = self.scopes[-1]
        if not candidates or not isinstance(scope, ast.ClassDef):
            return
        if not isinstance(target, ast.Name):
            return
        settings, parents = self._reader_of(scope)
        variable = settings.variable(target.id, value, parents) if settings else ""
        if not settings or not variable:
            return
        reason = settings.reason if variable not in settings.migrated else None
        for candidate in candidates:
            name = candidate.variable if settings.case_sensitive else candidate.variable.upper()
            if candidate.shape is Shape.READ and name == variable:
                candidate.settings = None if settings.is_served else settings.node
                candidate.shared_base = settings.shared_base
                candidate.filled_by = PYDANTIC_1 if settings.is_pydantic_1 else PYDANTIC_2
                candidate.reason = candidate.reason or reason

    def _keep_texts(
        self, value: ast.expr | None, reason: SkipReason | None, variable: str = ""
    ) -> None:
        """Record that the texts in a default are not migrated."""
        for node in ast.walk(value) if value else ():
            if isinstance(node, (ast.Constant, ast.JoinedStr, ast.BinOp)):
                self.kept_texts.setdefault(node, (reason, variable))

    def _is_in_enumeration(self) -> bool:
        scope = self.scopes[-1]
        return isinstance(scope, ast.ClassDef) and self._kind_of(scope) is ClassKind.ENUM

    def _kind_of(self, node: ast.ClassDef) -> ClassKind:
        if node not in self._kinds:
            self._kinds[node] = class_kind(self.resolver, node, self.scopes)
        return self._kinds[node]

    def _is_choice(self, node: ast.AnnAssign) -> bool:
        """Return whether the type of a field with a secret-like name lists the possible values."""
        if not isinstance(node.target, ast.Name) or not is_secret(node.target.id):
            return False
        annotation = without_none(node.annotation)
        if isinstance(annotation, ast.Subscript):
            return _lists_choices(annotation)
        found = find_base(self.resolver, self.module, annotation, self.scopes)
        if isinstance(found, str):
            return False
        return any(ast.unparse(base).endswith("Enum") for base in found[1].bases)

    def _is_nested(self, node: ast.AnnAssign) -> bool:
        """Return whether the type of a field is a model or the settings of the app."""
        annotation = without_none(node.annotation)
        found = find_base(self.resolver, self.module, annotation, self.scopes)
        if isinstance(found, str):
            return False
        home, node_of_class = found
        scopes = (home.source.tree,)
        kind = class_kind(self.resolver.in_module(home), node_of_class, scopes)
        return kind in {ClassKind.MODEL, ClassKind.SETTINGS}

    def visit_annotated_field(self, node: ast.AnnAssign) -> None:
        """Visit a field of a settings class; its default may be a hardcoded secret."""
        scope = self.scopes[-1]
        target = node.target
        if not isinstance(scope, ast.ClassDef) or not isinstance(target, ast.Name):
            return
        self._add_nested_fields(scope, node, target)
        settings, parents = self._reader_of(scope)
        if target.id in self._chosen_fields(scope):
            variable = settings.variable(target.id, node.value, parents) if settings else ""
            self.add_choice(target, variable)
            return
        if not may_be_secret(node, settings, parents) and not self._is_shown(settings, node):
            self._add_database_field(scope, target, node)
            return
        if not self._is_choice(node) and not self._is_nested(node):
            self._add_field(scope, target, node)

    def _is_shown(self, settings: SettingsClass | None, node: ast.AnnAssign) -> bool:
        """Return whether another file shows that the variable of a field is a secret."""
        if not settings or NON_TEXT_ANNOTATION.match(ast.unparse(node.annotation)):
            return False
        variable = settings.variable(ast.unparse(node.target), node.value)
        return variable in self.resolver.project.secrets_by_file

    @abc.abstractmethod
    def add_choice(self, node: ast.Name, variable: str) -> None:
        """Add a field that names an entry to choose, with its variable or ""."""

    def _chosen_fields(self, scope: ast.ClassDef) -> frozenset[str]:
        if scope not in self._chosen:
            self._chosen[scope] = find_choices(scope)
        return self._chosen[scope]

    def _reader_of(self, scope: ast.ClassDef) -> tuple[SettingsClass | None, str]:
        """Return the settings class that reads a class's fields, and the names above the fields."""
        settings = self._readers.settings_of(scope, self.scopes)
        if settings:
            return settings, ""
        readers = self._readers.readers_of(scope)
        return (readers[0].settings, readers[0].parent_prefix or "") if readers else (None, "")

    def _add_nested_fields(
        self, scope: ast.ClassDef, node: ast.AnnAssign, target: ast.Name
    ) -> None:
        """Add the fields of a model of another file that settings read as PARENT__FIELD."""
        settings = self._readers.settings_of(scope, self.scopes)
        if not settings or not settings.nested_delimiter or has_alias(node.value):
            return
        if "nested_delimiter" not in self.source.text:
            return
        delimiter = settings.nested_delimiter
        fields = nested_settings_fields(self.resolver, node.annotation, delimiter)
        for home, parents, field in itertools.islice(fields, MAX_NESTED_FIELDS):
            name = ast.unparse(field.target)
            above = f"{target.id}{delimiter}{parents}"
            if not may_be_secret(field, settings, above):
                continue
            if field.value and field_default_contains_read(
                home, field.value, (home.module.source.tree,)
            ):
                continue
            path = (target.id, *parents.split(delimiter)[:-1], name)
            candidate = Candidate(
                node=target, shape=Shape.FIELD, path=path, direct=True, is_always_secret=True
            )
            self._add_settings_field(candidate, settings, field, above)

    def _add_field(self, scope: ast.ClassDef, target: ast.Name, node: ast.AnnAssign) -> None:
        """Add the candidate of a field with a secret-like name.

        Args:
            scope: The class.
            target: The field's name.
            node: The field.
        """
        value = node.value
        candidate = Candidate(
            node=target,
            shape=Shape.READ,
            path=(target.id,),
            variable=target.id.upper(),
            direct=True,
            reason=SkipId.NEEDS_SOURCE.reason(),
            is_always_secret=True,
        )
        if value and field_default_contains_read(self.resolver, value, self.scopes):
            return
        settings = self._readers.settings_of(scope, self.scopes)
        if settings:
            self._add_settings_field(candidate, settings, node)
            return
        kind = self._kind_of(scope)
        readers = self._readers.readers_of(scope)
        if len(readers) == 1:
            self._add_settings_field(candidate, readers[0].settings, node, readers[0].parent_prefix)
        elif readers:
            candidate.reason = SkipId.SEVERAL_FIELDS.reason()
            candidate.variable = ""
            self._add_unserved_field(candidate, value)
        elif kind is ClassKind.UNKNOWN and _is_named_settings(scope):
            self._add_unserved_field(candidate, value)

    def _add_database_field(
        self, scope: ast.ClassDef, target: ast.Name, node: ast.AnnAssign
    ) -> None:
        """Add the host, port, user or name of a database beside the field of its password."""
        settings = self._readers.settings_of(scope, self.scopes)
        if not settings:
            return
        prefix, field = database_field(settings.variable(target.id, node.value, "")) or ("", "")
        if field and prefix in self._password_prefixes(scope, settings):
            candidate = Candidate(node=target, shape=Shape.FIELD, path=(target.id,), direct=True)
            self._add_settings_field(candidate, settings, node)

    def _password_prefixes(self, scope: ast.ClassDef, settings: SettingsClass) -> set[str]:
        """Return the prefixes of the database passwords among the fields of a class."""
        prefixes = set()
        for node in scope.body:
            if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
                continue
            variable = settings.variable(node.target.id, node.value, "")
            prefix, field = database_field(variable) or ("", "")
            if field != "password" or not may_be_secret(node, settings, ""):
                continue
            if not node.value or not field_default_contains_read(
                self.resolver, node.value, self.scopes
            ):
                prefixes.add(prefix)
        return prefixes

    def _add_unserved_field(self, candidate: Candidate, value: ast.expr | None) -> None:
        self._keep_texts(value, candidate.reason)
        self.add(candidate)

    def _add_settings_field(
        self,
        candidate: Candidate,
        settings: SettingsClass,
        node: ast.AnnAssign,
        parents: str | None = "",
    ) -> None:
        """Add the candidate of a field for which a settings source can provide the value.

        Args:
            candidate: The field.
            settings: The settings class that reads it.
            node: The field in the code.
            parents: The names of the fields with the nested models that contain the field; None
                if pydantic reads them as JSON.
        """
        name, value = candidate.path[-1], node.value
        variable = "" if parents is None else settings.variable(name, value, parents)
        candidate.variable = variable
        candidate.shape = Shape.FIELD
        candidate.settings = None if settings.is_served else settings.node
        candidate.shared_base = settings.shared_base
        candidate.reader = PYDANTIC_1 if settings.is_pydantic_1 else ""
        candidate.reason = settings.reason
        candidate.optional = is_optional(node, is_pydantic_1=settings.is_pydantic_1)
        candidate.default = _default_of(candidate, value)
        if not variable:
            reason, variables = _explain_unknown_name(settings, value, parents)
            candidate.reason = candidate.reason or reason
            candidate.possible_variables = variables
        case = SkipId.DEVELOPMENT_VALUE_PYDANTIC
        reason = case.reason(variable=variable or "a variable")
        self._keep_texts(value, reason, variable)
        if variable in settings.migrated:
            self.served.add(variable)
            self.served_lines.add(node.lineno)
        else:
            self.add(candidate)


def _explain_unknown_name(
    settings: SettingsClass, value: ast.expr | None, parents: str | None
) -> tuple[SkipReason, tuple[str, ...]]:
    """Return why the variable of a field is not known, and the variables that the field names."""
    if parents is None:
        return SkipId.READ_AS_JSON.reason(), ()
    keywords = value.keywords if isinstance(value, ast.Call) else []
    for call in [keyword.value for keyword in keywords if isinstance(keyword.value, ast.Call)]:
        if is_named(call.func, "AliasChoices"):
            reason = SkipId.SEVERAL_VARIABLES.reason(reader="AliasChoices")
            return reason, settings.alias_variables(call)
        if is_named(call.func, "AliasPath"):
            return SkipId.READ_AS_JSON.reason(), settings.alias_variables(call)
    return SkipId.FIELD_NAME_COMPUTED.reason(), ()


def _default_of(candidate: Candidate, value: ast.expr | None) -> ast.expr | None:
    default = generated_default(value) or default_text(value)
    if default is None and not candidate.is_always_secret:
        return default_number(value)
    return default


def _lists_choices(annotation: ast.Subscript) -> bool:
    """Return whether a type is a `Literal` with several texts."""
    texts = annotation.slice
    return is_named(annotation.value, "Literal") and isinstance(texts, ast.Tuple)


def _has_constant(node: ast.AnnAssign) -> bool:
    return node.value is None or isinstance(node.value, ast.Constant)


def _is_named_settings(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith("Settings") for base in node.bases)
