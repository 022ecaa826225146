"""Classes of pydantic-settings: which variable a field reads, and whether a settings source can be put into one."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.pydantic_sources import METHOD, customised
from shield_ai.scan.python.bindings import Imported

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.scan.python.bindings import Module, Scope
    from shield_ai.scan.python.resolve import Resolver

BASES = frozenset({"pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings"})
OLD = frozenset(
    {"pydantic.BaseSettings", "pydantic.env_settings.BaseSettings", "pydantic.v1.BaseSettings"}
)
SOURCE = "SecretsManagerSource"
DEPTH = 8


class SettingsClass(NamedTuple):
    """What is known of one class."""

    prefix: str = ""
    sensitive: bool = False
    reason: str = ""  # why no source can be put into it
    moved: frozenset[str] = frozenset()  # variables that a source in it serves already

    def variable(self, field: str, value: ast.expr | None) -> str:
        """Name the variable of a field; empty where it can't be told."""
        name = self.prefix + field
        keywords = value.keywords if isinstance(value, ast.Call) else []
        for keyword in keywords:
            if keyword.arg in {"alias", "validation_alias"}:
                if not isinstance(keyword.value, ast.Constant):
                    return ""
                name = str(keyword.value.value)
        return name if self.sensitive else name.upper()


def settings_class(
    resolver: Resolver, node: ast.ClassDef, scopes: tuple[Scope, ...]
) -> SettingsClass | None:
    """Describe a class; None where it is none of pydantic-settings."""
    classes, library = _chain(resolver, node, scopes)
    if library in OLD:
        return SettingsClass(
            reason="pydantic 1 reads it when the settings are made: move to pydantic-settings first"
        )
    if library not in BASES:
        return None
    config = {k: v for part in reversed(classes) for k, v in _config(part)}
    prefix, sensitive = config.get("env_prefix"), config.get("case_sensitive")
    method = next(
        (n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == METHOD), None
    )
    moved = frozenset(_served(method)) if method else frozenset()
    reason = ""
    if method and (moved or not customised(method)):
        reason = f"the class has {METHOD}() already: add the secret to it"
    elif "alias_generator" in config or not all(
        isinstance(v, (ast.Constant, type(None))) for v in (prefix, sensitive)
    ):
        reason = "how the class names its variables can't be told"
    elif node.body[0].lineno == node.lineno:
        reason = "the class stands on one line"
    return SettingsClass(
        prefix=str(prefix.value) if isinstance(prefix, ast.Constant) else "",
        sensitive=isinstance(sensitive, ast.Constant) and bool(sensitive.value),
        reason=reason,
        moved=moved,
    )


def _chain(
    resolver: Resolver, node: ast.ClassDef, scopes: tuple[Scope, ...]
) -> tuple[list[ast.ClassDef], str]:
    """Return a class with those of the app that it is made from, and the library's class that they lead to."""
    classes, module, library = [node], resolver.module, ""
    todo: list[tuple[Module, ast.ClassDef]] = [(module, node)]
    while todo and len(classes) < DEPTH:
        home, current = todo.pop(0)
        for base in current.bases:
            path = _path(home, base, scopes if home is module else ())
            found = resolver.project.split(path) if isinstance(path, str) else None
            if isinstance(path, ast.ClassDef):
                todo.append((home, path))
                classes.append(path)
            elif found and (
                inner := _class(found[0].names(found[0].source.tree).get(found[1], []))
            ):
                todo.append((found[0], inner))
                classes.append(inner)
            elif path in BASES | OLD:
                library = library or str(path)
    return classes, library


def _path(module: Module, base: ast.expr, scopes: tuple[Scope, ...]) -> str | ast.ClassDef:
    """Return the class of the same module that a base is, or its dotted path elsewhere."""
    parts: list[str] = []
    while isinstance(base, ast.Attribute):
        parts.insert(0, base.attr)
        base = base.value
    if not isinstance(base, ast.Name):
        return ""
    found = module.lookup(base.id, scopes or (module.source.tree,))
    if (local := _class(found)) and not parts:
        return local
    imported = next((b.path for b in reversed(found) if isinstance(b, Imported)), "")
    return ".".join([imported, *parts]) if imported else ""


def _class(bindings: Sequence[object]) -> ast.ClassDef | None:
    return next((b for b in reversed(bindings) if isinstance(b, ast.ClassDef)), None)


def _config(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield the entries of a class's configuration: of an inner class, of model_config, of the class's own keywords."""
    for statement in node.body:
        if isinstance(statement, ast.ClassDef) and statement.name == "Config":
            yield from ((name, value) for name, value in map(_assigned, statement.body) if value)
        name, value = _assigned(statement)
        if name != "model_config":
            continue
        if isinstance(value, ast.Call):
            yield from ((k.arg, k.value) for k in value.keywords if k.arg)
        elif isinstance(value, ast.Dict):
            for key, inner in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant):
                    yield str(key.value), inner
    yield from ((k.arg, k.value) for k in node.keywords if k.arg)


def _assigned(node: ast.stmt) -> tuple[str, ast.expr | None]:
    """Return the name that a statement gives a value to, and the value."""
    target = (
        node.targets[0]
        if isinstance(node, ast.Assign)
        else node.target
        if isinstance(node, ast.AnnAssign)
        else None
    )
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    return (target.id, value) if isinstance(target, ast.Name) else ("", None)


def adds_source(method: ast.FunctionDef) -> bool:
    """Tell whether a method adds our settings source."""
    return method.name == METHOD and SOURCE in ast.unparse(method)


def _served(method: ast.FunctionDef) -> Iterator[str]:
    """Yield the variables that our source in a class serves."""
    if adds_source(method):
        for node in ast.walk(method):
            keys = node.keys if isinstance(node, ast.Dict) else []
            yield from (str(key.value) for key in keys if isinstance(key, ast.Constant))
