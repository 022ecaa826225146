"""Analyze classes of pydantic-settings: their variables, and whether they can get a new source."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.skip import SkipId, SkipReason
from shield_ai.project.pydantic_sources import METHOD, find_customized_sources
from shield_ai.scan.python.bindings import Imported

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.scan.python.bindings import Binding, Module, Scope
    from shield_ai.scan.python.resolve import Resolver

BASES = frozenset({"pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings"})
PYDANTIC_1_BASES = frozenset(
    {"pydantic.BaseSettings", "pydantic.env_settings.BaseSettings", "pydantic.v1.BaseSettings"}
)
SOURCE = "SecretsManagerSource"
MAX_BASES = 8
ALIAS_KEYWORDS = frozenset({"alias", "validation_alias"})


class SettingsClass(NamedTuple):
    """A settings class."""

    prefix: str = ""
    case_sensitive: bool = False
    alias_keywords: frozenset[str] = ALIAS_KEYWORDS  # arguments of Field that name the variable
    reason: SkipReason | None = None  # why it cannot get a new source; None if it can
    migrated: frozenset[str] = frozenset()  # variables that shield's source already provides

    @property
    def can_serve(self) -> bool:
        """Whether shield's source provides the fields, or can be added."""
        return not self.reason or bool(self.migrated)

    def variable(self, field: str, value: ast.expr | None) -> str:
        """Return a field's variable; empty if its alias is computed.

        Args:
            field: The field's name.
            value: The default, or the call of `Field`.
        """
        name = self.prefix + field
        keywords = value.keywords if isinstance(value, ast.Call) else []
        for keyword in keywords:
            if keyword.arg in self.alias_keywords:
                if not isinstance(keyword.value, ast.Constant):
                    return ""
                name = str(keyword.value.value)
        return name if self.case_sensitive else name.upper()


def settings_class(
    resolver: Resolver, node: ast.ClassDef, scopes: tuple[Scope, ...]
) -> SettingsClass | None:
    """Describe a class; None if it does not derive from BaseSettings."""
    classes, library_base = _base_classes(resolver, node, scopes)
    if library_base not in BASES | PYDANTIC_1_BASES:
        return None
    config: dict[str, ast.expr] = {}
    for part in reversed(classes):
        config.update(_config(part))
    method = _source_method(node)
    migrated = frozenset(_served_variables(method)) if method else frozenset()
    prefix = config.get("env_prefix")
    case_sensitive = config.get("case_sensitive")
    is_pydantic_1 = library_base in PYDANTIC_1_BASES
    return SettingsClass(
        prefix=str(prefix.value) if isinstance(prefix, ast.Constant) else "",
        case_sensitive=isinstance(case_sensitive, ast.Constant) and bool(case_sensitive.value),
        alias_keywords=frozenset({"env"}) if is_pydantic_1 else ALIAS_KEYWORDS,
        reason=SkipId.PYDANTIC_1.reason()
        if is_pydantic_1
        else _explain_no_source(node, method, config, has_source=bool(migrated)),
        migrated=migrated,
    )


def _source_method(node: ast.ClassDef) -> ast.FunctionDef | None:
    """Return the method with which a class customizes its sources."""
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == METHOD:
            return statement
    return None


def _explain_no_source(
    node: ast.ClassDef,
    method: ast.FunctionDef | None,
    config: dict[str, ast.expr],
    *,
    has_source: bool,
) -> SkipReason | None:
    """Explain why a class cannot get a new source; None if it can."""
    if method and (has_source or not find_customized_sources(method)):
        return SkipId.HAS_SOURCES.reason(method=METHOD)
    naming = [config.get("env_prefix"), config.get("case_sensitive")]
    is_computed = any(value and not isinstance(value, ast.Constant) for value in naming)
    if is_computed or "alias_generator" in config:
        return SkipId.CLASS_NAMES_COMPUTED.reason()
    if node.body[0].lineno == node.lineno:
        return SkipId.CLASS_ON_ONE_LINE.reason()
    return None


def _base_classes(
    resolver: Resolver, node: ast.ClassDef, scopes: tuple[Scope, ...]
) -> tuple[list[ast.ClassDef], str]:
    """Return a class with its bases in the app, and the path of their base in the library."""
    module = resolver.module
    classes = [node]
    library_base = ""
    queue: list[tuple[Module, ast.ClassDef]] = [(module, node)]
    while queue and len(classes) < MAX_BASES:
        home, current = queue.pop(0)
        for base in current.bases:
            visible = scopes if home is module and scopes else (home.source.tree,)
            found = find_base(resolver, home, base, visible)
            if isinstance(found, str):
                if not library_base and found in BASES | PYDANTIC_1_BASES:
                    library_base = found
            else:
                queue.append(found)
                classes.append(found[1])
    return classes, library_base


def find_base(
    resolver: Resolver, module: Module, base: ast.expr, scopes: tuple[Scope, ...]
) -> tuple[Module, ast.ClassDef] | str:
    """Return a base class of the app with its module; for others, the dotted path, or ""."""
    attributes: list[str] = []
    while isinstance(base, ast.Attribute):
        attributes.insert(0, base.attr)
        base = base.value
    if not isinstance(base, ast.Name):
        return ""
    bindings = module.lookup(base.id, scopes)
    local = _last_class(bindings)
    if local and not attributes:
        return module, local
    path = _imported_path(bindings, attributes)
    place = resolver.project.split(path) if path else None
    if place:
        home, name = place
        imported = _last_class(home.names(home.source.tree).get(name, []))
        if imported:
            return home, imported
    return path


def _imported_path(bindings: Sequence[Binding], attributes: list[str]) -> str:
    for binding in reversed(bindings):
        if isinstance(binding, Imported):
            return ".".join([binding.path, *attributes])
    return ""


def _last_class(bindings: Sequence[Binding]) -> ast.ClassDef | None:
    for binding in reversed(bindings):
        if isinstance(binding, ast.ClassDef):
            return binding
    return None


def _config(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield a class's configuration: of class Config, of model_config and of its keywords."""
    for statement in node.body:
        if isinstance(statement, ast.ClassDef) and statement.name == "Config":
            for inner in statement.body:
                name, value = _assignment(inner)
                if value:
                    yield name, value
        name, value = _assignment(statement)
        if name == "model_config":
            yield from _config_entries(value)
    yield from _keyword_entries(node.keywords)


def _config_entries(value: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
    """Yield the entries of SettingsConfigDict(...) or of a dict."""
    if isinstance(value, ast.Call):
        yield from _keyword_entries(value.keywords)
    elif isinstance(value, ast.Dict):
        for key, entry in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), entry


def _keyword_entries(keywords: list[ast.keyword]) -> Iterator[tuple[str, ast.expr]]:
    for keyword in keywords:
        if keyword.arg:
            yield keyword.arg, keyword.value


def _assignment(node: ast.stmt) -> tuple[str, ast.expr | None]:
    """Return the first name to which a statement assigns, and the value."""
    if isinstance(node, ast.Assign):
        target = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    else:
        return "", None
    return (target.id, node.value) if isinstance(target, ast.Name) else ("", None)


def adds_source(method: ast.FunctionDef) -> bool:
    """Return whether a method adds shield's settings source."""
    return method.name == METHOD and SOURCE in ast.unparse(method)


def _served_variables(method: ast.FunctionDef) -> Iterator[str]:
    """Yield the variables that shield's settings source provides."""
    if not adds_source(method):
        return
    for node in ast.walk(method):
        if isinstance(node, ast.Dict):
            for key in node.keys:
                if isinstance(key, ast.Constant):
                    yield str(key.value)
