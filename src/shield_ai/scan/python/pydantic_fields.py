"""Visit the fields of pydantic settings: which variables they read, and their defaults."""

from __future__ import annotations

import abc
import ast
from typing import TYPE_CHECKING

from shield_ai.model.finding import Shape
from shield_ai.model.name_meaning import is_secret
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.candidates import Candidate
from shield_ai.scan.python.expressions import ExpressionVisitor
from shield_ai.scan.python.literals import is_public_or_count, is_secret_literal, literal_text
from shield_ai.scan.python.settings_class import (
    SettingsClass,
    adds_source,
    find_base,
    settings_class,
)
from shield_ai.scan.text.credibility import Family, family
from shield_ai.scan.text.value_shapes import (
    URL_WITH_PASSWORD,
    has_only_weak_words,
    is_placeholder,
)

if TYPE_CHECKING:
    from shield_ai.scan.python.bindings import Module
    from shield_ai.scan.python.project import Project
    from shield_ai.scan.python.statement_filter import StatementFilter

DEFAULT_KEYWORDS = frozenset({"default", "default_factory"})
NON_TEXT_ANNOTATION = regex(
    r"(?:typing\.)?(?:Optional\[)?"
    r"(?:(?:typing\.)?Literal\[|(?:bool|int|float|(?:datetime\.)?timedelta)\b"
    r"|(?:pydantic\.|pathlib\.)?(?:FileUrl|FilePath|DirectoryPath|NewPath|Path)\b)"
)
# https://docs.pydantic.dev/latest/api/types/ and https://docs.pydantic.dev/latest/api/networks/
SECRET_ANNOTATION = regex(
    r"\b(?:Secret(?:Str|Bytes)"
    r"|(?:Postgres|Cockroach|MySQL|MariaDB|ClickHouse|Snowflake|Mongo|Redis|Amqp|Nats)Dsn)\b"
)
TEXT_ANNOTATIONS = frozenset({"str", "str | None", "Optional[str]", "typing.Optional[str]"})


class PydanticFieldVisitor(ExpressionVisitor):
    """Visits the fields of settings classes; subclasses collect the candidates."""

    def __init__(
        self, project: Project, module: Module, statement_filter: StatementFilter | None = None
    ) -> None:
        super().__init__(project, module, statement_filter)
        self.migrated: set[str] = set()  # variables read through the runtime
        self.has_settings_source = False  # a class has shield's settings source
        # default values in the code, with the variable that pydantic reads first
        self.overridden_defaults: dict[ast.expr, str] = {}
        self._settings: dict[ast.ClassDef, SettingsClass | None] = {}
        self._mentions_prefix = "env_prefix" in self.source.text

    @abc.abstractmethod
    def add(self, candidate: Candidate) -> None:
        """Add a candidate."""

    def visit_statement(self, node: ast.stmt) -> None:
        """Visit a statement, except choices and the method that adds shield's settings source."""
        if isinstance(node, ast.AnnAssign) and self._is_choice(node):
            return
        if not (isinstance(node, ast.FunctionDef) and adds_source(node)):
            super().visit_statement(node)

    def _is_choice(self, node: ast.AnnAssign) -> bool:
        """Return whether a field with a secret-like name has one of the values in the code."""
        if not isinstance(node.target, ast.Name) or not is_secret(node.target.id):
            return False
        if node.value is not None and not isinstance(node.value, ast.Constant):
            return False
        annotation = _without_none(node.annotation)
        if isinstance(annotation, ast.Subscript):
            return _lists_choices(annotation)
        found = find_base(self.resolver, self.module, annotation, self.scopes)
        if isinstance(found, str):
            return False
        return any(ast.unparse(base).endswith("Enum") for base in found[1].bases)

    def visit_annotated_field(self, node: ast.AnnAssign) -> None:
        """Visit a field of a settings class; its default may be a hardcoded secret."""
        scope = self.scopes[-1]
        target = node.target
        if not isinstance(scope, ast.ClassDef) or not isinstance(target, ast.Name):
            return
        settings = self._settings_of(scope)
        if not settings and not is_secret(target.id):
            return
        annotation = ast.unparse(node.annotation)
        if NON_TEXT_ANNOTATION.match(annotation):
            return
        if not _is_secret_field(target.id, annotation, settings):
            return
        if not settings and not any(ast.unparse(base).endswith("Settings") for base in scope.bases):
            return
        if isinstance(node.value, ast.Constant):
            default = node.value.value
            if isinstance(default, (bool, int, float)):
                return
            if isinstance(default, str) and is_public_or_count(target.id, default):
                return
        is_weak = settings is not None and _is_weak_default(node, scope)
        self._add_field(target, node.value, annotation, settings, is_weak=is_weak)

    def _settings_of(self, node: ast.ClassDef) -> SettingsClass | None:
        if node not in self._settings:
            self._settings[node] = settings_class(self.resolver, node, self.scopes)
        return self._settings[node]

    def _add_field(
        self,
        target: ast.Name,
        value: ast.expr | None,
        annotation: str,
        settings: SettingsClass | None,
        *,
        is_weak: bool,
    ) -> None:
        """Add the candidate of a field with a secret-like name.

        Args:
            target: The field's name.
            value: The default, or the call of `Field`.
            annotation: The field's type.
            settings: The class; None if its base is unknown.
            is_weak: Whether the default is for development: production sets the variable.
        """
        name = target.id
        candidate = Candidate(
            node=target,
            shape=Shape.READ,
            path=(name,),
            variable=name.upper(),
            direct=True,
            reason=SkipId.NEEDS_SOURCE.reason(),
            always_secret=True,
        )
        has_plain_default = _is_plain_default(value, candidate.path)
        if value is not None and has_plain_default and self._can_set_default(annotation, settings):
            # The variable takes precedence over the default, so the default can be wrapped.
            candidate.node = value
            candidate.shape = Shape.LITERAL
            candidate.reason = None
            self.add(candidate)
            return
        is_field = value is None or has_plain_default or is_weak or _is_field_call(value)
        if settings and (is_field or _overrides_default(settings, name, value)):
            self._add_settings_field(candidate, settings, value)
        elif is_field:
            self.add(candidate)

    def _can_set_default(self, annotation: str, settings: SettingsClass | None) -> bool:
        """Return whether a field takes its text from the variable with its own name."""
        if settings and settings.can_serve:
            return False
        return annotation in TEXT_ANNOTATIONS and not self._has_prefix(settings)

    def _has_prefix(self, settings: SettingsClass | None) -> bool:
        return self._mentions_prefix or bool(settings and settings.prefix)

    def _add_settings_field(
        self, candidate: Candidate, settings: SettingsClass, value: ast.expr | None
    ) -> None:
        """Add the candidate of a field for which a settings source can provide the value."""
        variable = settings.variable(candidate.path[0], value)
        candidate.variable = variable
        candidate.shape = Shape.FIELD
        candidate.reason = settings.reason
        defaults = _defaults_of(value)
        candidate.optional = bool(defaults)
        for default in defaults:
            if isinstance(default, ast.Constant):
                self.overridden_defaults[default] = variable
        if not variable and not candidate.reason:
            candidate.reason = SkipId.FIELD_NAME_COMPUTED.reason()
        if variable in settings.migrated:
            self.migrated.add(variable)
            self.has_settings_source = True
        else:
            self.add(candidate)


def _without_none(annotation: ast.expr) -> ast.expr:
    """Return the type in `Optional[type]` or `type | None`."""
    if isinstance(annotation, ast.BinOp) and ast.unparse(annotation.right) == "None":
        return annotation.left
    if isinstance(annotation, ast.Subscript) and _is_named(annotation.value, "Optional"):
        return annotation.slice
    return annotation


def _lists_choices(annotation: ast.Subscript) -> bool:
    """Return whether a type is a `Literal` with several texts."""
    texts = annotation.slice
    return _is_named(annotation.value, "Literal") and isinstance(texts, ast.Tuple)


def _is_named(node: ast.expr, name: str) -> bool:
    return ast.unparse(node).rpartition(".")[2] == name


def _is_plain_default(value: ast.expr | None, path: tuple[str, ...]) -> bool:
    """Return whether a field's default is in the code and is not a secret."""
    return isinstance(value, (ast.Constant, ast.JoinedStr)) and not is_secret_literal(path, value)


def _is_secret_field(name: str, annotation: str, settings: SettingsClass | None) -> bool:
    """Return whether a field is a secret, by its name, its variable or its type."""
    if is_secret(name) or (settings and settings.prefix and is_secret(settings.prefix + name)):
        return True
    return settings is not None and bool(SECRET_ANNOTATION.search(annotation))


def _is_weak_default(node: ast.AnnAssign, scope: ast.ClassDef) -> bool:
    """Return whether a default, also `PostgresDsn(…)`, is harmless or only for development."""
    value = node.value
    if isinstance(value, ast.Call) and SECRET_ANNOTATION.search(ast.unparse(value.func)):
        value = value.args[0] if value.args else None
    text = literal_text(value)
    if text is None or not isinstance(node.target, ast.Name):
        return False
    url = URL_WITH_PASSWORD.match(text)
    if not url and "://" in text:
        return True
    if not url and family(node.target.id) is not Family.PASSWORD:
        return is_placeholder(text)
    others = (s.value for s in scope.body if isinstance(s, ast.AnnAssign) and s is not node)
    is_repeated = any(literal_text(other) == text for other in others)
    return is_repeated or is_placeholder(text) or has_only_weak_words(url[1] if url else text)


def _is_field_call(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).endswith("Field")


def _overrides_default(settings: SettingsClass, name: str, value: ast.expr | None) -> bool:
    """Return whether a variable that is not named like the field overrides a default."""
    is_secret_text = isinstance(value, ast.Call) and _is_named(value.func, "SecretStr")
    if not is_secret_text and not isinstance(value, ast.Constant):
        return False
    return settings.variable(name, None) != name.upper()


def _defaults_of(value: ast.expr | None) -> list[ast.expr]:
    """Return a field's default, as a plain value or in a call of `Field`."""
    if value is None:
        return []
    if not isinstance(value, ast.Call):
        return [value]
    keywords = [keyword.value for keyword in value.keywords if keyword.arg in DEFAULT_KEYWORDS]
    return [*value.args, *keywords]
