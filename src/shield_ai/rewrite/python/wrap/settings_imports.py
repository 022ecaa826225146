"""Import what the annotations of a settings class's method need from pydantic-settings."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shield_ai.project.python_source import Source

LIBRARY = "pydantic_settings"
PYDANTIC_1 = frozenset({"pydantic", "pydantic.v1"})  # modules with BaseSettings of pydantic 1
ANNOTATED = ("BaseSettings", "PydanticBaseSettingsSource")


def library_name(source: Source, name: str) -> str:
    """Return the expression with which a file calls a class of pydantic-settings."""
    for node in _imports_of_names(source):
        for alias in node.names:
            if alias.name == name:
                return alias.asname or name
    if not _imports_of_names(source) and _imports_library(source):
        return f"{LIBRARY}.{name}"
    return f"Pydantic{name}" if name in _taken_names(source) else name


def library_names(source: Source) -> set[str]:
    """Return the expressions with which a file calls BaseSettings of pydantic, old or new."""
    names = {library_name(source, "BaseSettings"), f"{LIBRARY}.BaseSettings"}
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module in PYDANTIC_1 and not node.level:
            found = [alias for alias in node.names if alias.name == "BaseSettings"]
            names |= {alias.asname or alias.name for alias in found}
    return names


def missing_names(source: Source) -> list[str]:
    """Return the imports that annotations need and the file does not have: `X` or `X as Y`."""
    imported = {alias.name for node in _imports_of_names(source) for alias in node.names}
    missing = []
    for name in ANNOTATED:
        called = library_name(source, name)
        if name not in imported and "." not in called:
            missing.append(name if name == called else f"{name} as {called}")
    return missing


def import_to_extend(source: Source) -> ast.ImportFrom | None:
    """Return the first import from pydantic-settings, if possible one without an alias."""
    imports = _imports_of_names(source)
    plain = [node for node in imports if not has_alias(node)]
    return next(iter([*plain, *imports]), None)


def has_alias(node: ast.ImportFrom) -> bool:
    """Return whether an import has an `as`: by default, isort gives each of these a line."""
    return any(alias.asname for alias in node.names)


def _imports_of_names(source: Source) -> list[ast.ImportFrom]:
    """Return the imports from pydantic-settings at the top level of a file."""
    found = []
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == LIBRARY and not node.level:
            if not any(alias.name == "*" for alias in node.names):
                found.append(node)
    return found


def _imports_library(source: Source) -> bool:
    for node in source.tree.body:
        if isinstance(node, ast.Import):
            if any((alias.name, alias.asname) == (LIBRARY, None) for alias in node.names):
                return True
    return False


def _taken_names(source: Source) -> set[str]:
    """Return the names that a generated import must not shadow: of classes and imports."""
    names: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
    return names
