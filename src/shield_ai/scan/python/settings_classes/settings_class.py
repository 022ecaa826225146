"""Analyze classes of pydantic-settings: their variables, and whether they can get a new source."""

from __future__ import annotations

import ast
import enum
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.skip import SkipId, SkipReason
from shield_ai.project.pydantic_sources import (
    CONFIG,
    METHOD_1,
    SOURCE,
    adds_source,
    find_config,
    find_customized_sources,
    find_method,
)
from shield_ai.scan.python.readers.bindings import Imported
from shield_ai.scan.python.settings_classes.field_defaults import is_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.scan.python.readers.bindings import Binding, Module, Scope
    from shield_ai.scan.python.readers.resolve import Resolver

BASES = frozenset({"pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings"})
PYDANTIC_1_BASES = frozenset(
    {"pydantic.BaseSettings", "pydantic.env_settings.BaseSettings", "pydantic.v1.BaseSettings"}
)
# Classes of libraries that derive from BaseSettings and have their own sources.
LIBRARY_BASES = {"goodconf.GoodConf": "settings_customise_sources"}
MODELS = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.v1.BaseModel"})
SETTINGS_BASES = BASES | PYDANTIC_1_BASES | LIBRARY_BASES.keys()
MAX_BASES = 256
ALIAS_KEYWORDS = frozenset({"alias", "validation_alias"})
ENUMERATIONS = ("Enum", "TextChoices")  # of the standard library and of Django
# Options that the names of variables depend on.
NAMING = frozenset({"env_prefix", "env_nested_delimiter"})
# Options that rename fields in a way that is not analyzed.
RENAMING = frozenset({"alias_generator", "fields"})


class ClassKind(enum.Enum):
    """What a class is for pydantic."""

    SETTINGS = enum.auto()
    ENUM = enum.auto()
    MODEL = enum.auto()  # a default in the class is part of its schema
    UNKNOWN = enum.auto()  # it derives from a class outside the app
    PLAIN = enum.auto()


class SettingsClass(NamedTuple):
    """A class derived from BaseSettings."""

    node: ast.ClassDef
    bases: tuple[tuple[Module, ast.ClassDef], ...] = ()  # of the app, with the class itself first
    prefix: str | None = ""  # None if it is computed
    nested_delimiter: str | None = ""  # None if it is computed
    case_sensitive: bool = False
    is_pydantic_1: bool = False
    reason: SkipReason | None = None  # why it cannot get a new source; None if it can
    is_served: bool = False  # shield's source provides all variables of the map file
    migrated: frozenset[str] = frozenset()  # variables that shield's source already provides
    # The path of a file, and the offset of a base class in it that can get the source instead.
    shared_base: tuple[str, int] | None = None

    def variable(self, field: str, value: ast.expr | None, parents: str = "") -> str:
        """Return a field's variable; empty if its name is computed.

        Of several aliases, this is the one that shield's source already provides, or else the
        first one, which pydantic tries first. The others can still supply what AWS does not have.

        Args:
            field: The field's name.
            value: The default, or the call of `Field`.
            parents: The names of the fields with the nested models that contain the field.
        """
        if self.prefix is None or self.nested_delimiter is None:
            return ""
        alias = self._alias_of(value)
        if alias:
            names = self.alias_variables(alias)
            is_part = bool(parents) or "AliasPath" in ast.unparse(alias)
            if is_part or not names:
                return ""
            return next((name for name in names if name in self.migrated), names[0])
        name = f"{self.prefix}{parents}{field}"
        return name if self.case_sensitive else name.upper()

    def _alias_of(self, value: ast.expr | None) -> ast.expr | None:
        keywords = value.keywords if isinstance(value, ast.Call) else []
        alias_keywords = {"env"} if self.is_pydantic_1 else ALIAS_KEYWORDS
        aliases = [keyword.value for keyword in keywords if keyword.arg in alias_keywords]
        return aliases[-1] if aliases else None

    def alias_variables(self, value: ast.expr) -> tuple[str, ...]:
        """Return the variables that an alias names; empty if one of them is computed.

        Args:
            value: A text, or a call such as `AliasChoices("API_KEY", AliasPath("KEYS", 0))`.
        """
        names: list[str] = []
        nodes = [value]
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.append(node.value if self.case_sensitive else node.value.upper())
            elif isinstance(node, ast.Call) and is_named(node.func, "AliasChoices"):
                nodes += node.args
            elif isinstance(node, ast.Call) and is_named(node.func, "AliasPath"):
                nodes += node.args[:1]
            else:
                return ()
        return tuple(dict.fromkeys(names))


def class_kind(resolver: Resolver, node: ast.ClassDef, scopes: tuple[Scope, ...]) -> ClassKind:
    """Return what a class is for pydantic."""
    classes, outside = _base_classes(resolver, node, scopes)
    if outside & SETTINGS_BASES:
        return ClassKind.SETTINGS
    names = [ast.unparse(base) for _, part in classes for base in part.bases]
    if any(name.endswith(ENUMERATIONS) for name in names):
        return ClassKind.ENUM
    if outside & MODELS:
        return ClassKind.MODEL
    return ClassKind.UNKNOWN if outside else ClassKind.PLAIN


def settings_class(
    resolver: Resolver, node: ast.ClassDef, scopes: tuple[Scope, ...]
) -> SettingsClass | None:
    """Describe a class; None if it does not derive from BaseSettings."""
    classes, outside = _base_classes(resolver, node, scopes)
    if not outside & SETTINGS_BASES:
        return None
    is_pydantic_1 = not outside & SETTINGS_BASES - PYDANTIC_1_BASES
    config: dict[str, ast.expr] = {}
    texts: dict[str, str | None] = {}
    for home, part in reversed(classes):
        for name, value in _config(part):
            config[name] = value
            if name in NAMING:
                texts[name] = _text(resolver, home, value)
    case_sensitive = config.get("case_sensitive")
    settings = SettingsClass(
        node=node,
        bases=tuple(classes),
        prefix=texts.get("env_prefix", ""),
        nested_delimiter=texts.get("env_nested_delimiter", ""),
        case_sensitive=isinstance(case_sensitive, ast.Constant) and bool(case_sensitive.value),
        is_pydantic_1=is_pydantic_1,
    )
    for home, part in classes:
        method = find_method(part, is_pydantic_1=is_pydantic_1)
        if not method or not adds_source(method):
            continue
        served, is_map = _served_variables(resolver.in_module(home), method)
        if is_map:
            return settings._replace(migrated=served, is_served=True)
        if part is node:
            reason = SkipId.HAS_SOURCES.reason(method=method.name)
            return settings._replace(migrated=served, reason=reason)
    for base in outside & LIBRARY_BASES.keys():
        reason = SkipId.BASE_HAS_SOURCES.reason(method=LIBRARY_BASES[base])
        return settings._replace(reason=reason)
    settings = settings._replace(reason=_explain_no_source(settings, config, resolver))
    return settings._replace(shared_base=_shared_base(resolver, settings))


def _shared_base(resolver: Resolver, settings: SettingsClass) -> tuple[str, int] | None:
    """Return the base class of another file that can get the source in place of a class.

    It derives from BaseSettings of pydantic-settings directly, and no class between them has its
    own sources.
    """
    own_module = settings.bases[0][0]
    parts = [part for _, part in settings.bases]
    has_method = any(find_method(part, is_pydantic_1=False) for part in parts)
    if settings.is_pydantic_1 or settings.reason or has_method:
        return None
    for home, part in settings.bases[1:]:
        if home is not own_module and _can_get_method(resolver, home, part):
            return home.source.path, home.source.offset(part.lineno, part.col_offset)
    return None


def _can_get_method(resolver: Resolver, home: Module, node: ast.ClassDef) -> bool:
    """Return whether a class of several lines derives from BaseSettings directly."""
    bases = [find_base(resolver, home, base, (home.source.tree,)) for base in node.bases]
    return len(bases) == 1 and bases[0] in BASES and node.body[0].lineno > node.lineno


def _text(resolver: Resolver, home: Module, value: ast.expr) -> str | None:
    """Return the text of an expression in the configuration; None if it is computed."""
    if isinstance(value, ast.Constant) and value.value is None:
        return ""
    return resolver.in_module(home).constant_text(value, (home.source.tree,))


def _explain_no_source(
    settings: SettingsClass, config: dict[str, ast.expr], resolver: Resolver
) -> SkipReason | None:
    """Explain why a class cannot get a new source; None if it can."""
    node = settings.node
    method = find_method(node, is_pydantic_1=settings.is_pydantic_1)
    if method and not find_customized_sources(method):
        return SkipId.HAS_SOURCES.reason(method=method.name)
    case_sensitive = config.get("case_sensitive")
    is_computed = settings.prefix is None or settings.nested_delimiter is None
    is_computed = is_computed or not isinstance(case_sensitive, (ast.Constant, type(None)))
    if is_computed or not RENAMING.isdisjoint(config):
        return SkipId.CLASS_NAMES_COMPUTED.reason()
    if node.body[0].lineno == node.lineno:
        return SkipId.CLASS_ON_ONE_LINE.reason()
    if settings.is_pydantic_1 and not method:
        return _explain_no_config(settings, resolver)
    return None


def _explain_no_config(settings: SettingsClass, resolver: Resolver) -> SkipReason | None:
    """Explain why the class Config of pydantic 1 cannot get a method; None if it can."""
    node = settings.node
    config = find_config(node)
    if config and config.body[0].lineno == config.lineno:
        return SkipId.CLASS_ON_ONE_LINE.reason()
    if not config and (node.keywords or any(_assignment(part)[0] == CONFIG for part in node.body)):
        return SkipId.CONFIG_IN_OTHER_FORM.reason()
    if any(find_method(base, is_pydantic_1=True) for _, base in settings.bases):
        return SkipId.BASE_HAS_SOURCES.reason(method=METHOD_1)
    if "pydantic_settings" in resolver.module.source.text:
        return SkipId.ALSO_PYDANTIC_SETTINGS.reason()
    return None


def _base_classes(
    resolver: Resolver, node: ast.ClassDef, scopes: tuple[Scope, ...]
) -> tuple[list[tuple[Module, ast.ClassDef]], set[str]]:
    """Return a class with its bases in the app, and what `find_base` returns for other bases."""
    module = resolver.module
    classes = [(module, node)]
    known = {node}
    outside: set[str] = set()
    for home, current in classes:
        for base in current.bases:
            visible = scopes if home is module and scopes else (home.source.tree,)
            found = find_base(resolver, home, base, visible)
            if isinstance(found, str):
                outside.add(found)
            elif found[1] not in known and len(classes) < MAX_BASES:
                classes.append(found)
                known.add(found[1])
    return classes, outside


def find_base(
    resolver: Resolver, module: Module, base: ast.expr, scopes: tuple[Scope, ...]
) -> tuple[Module, ast.ClassDef] | str:
    """Return a base class of the app with its module; else its dotted path, or "" if unknown."""
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
    """Yield a class's configuration: in class Config, in model_config and in the class keywords."""
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


def _served_variables(resolver: Resolver, method: ast.FunctionDef) -> tuple[frozenset[str], bool]:
    """Return the variables that shield's source provides, and whether they come from a map file."""
    served = set()
    for node in ast.walk(method):
        if isinstance(node, ast.Dict):
            served |= {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(SOURCE):
            for argument in node.args:
                secret_map = resolver.map_of_client(argument)
                if secret_map is not None:
                    return frozenset(secret_map.variables()), True
    return frozenset(served), False
