"""Import what the annotations of a settings class's method need from pydantic-settings."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.rewrite.python.formatting import indentation, line_below, make_edit

if TYPE_CHECKING:
    from shield_ai.model.edit import Edit
    from shield_ai.project.python_source import Source

LIBRARY = "pydantic_settings"
ANNOTATED = ("BaseSettings", "PydanticBaseSettingsSource")


def library_name(source: Source, name: str) -> str:
    """Return the expression with which a file calls a class of pydantic-settings."""
    for node in _imports_of_names(source):
        for alias in node.names:
            if alias.name == name:
                return alias.asname or name
    if not _imports_of_names(source) and _imports_library(source):
        return f"{LIBRARY}.{name}"
    return f"Pydantic{name}" if name in _other_names(source) else name


def missing_names(source: Source) -> list[str]:
    """Return the imports that annotations need and the file does not have: `X` or `X as Y`."""
    imported = {alias.name for node in _imports_of_names(source) for alias in node.names}
    missing = []
    for name in ANNOTATED:
        called = library_name(source, name)
        if name not in imported and "." not in called:
            missing.append(name if name == called else f"{name} as {called}")
    return missing


def extend_import(
    source: Source, names: list[str], width: int, *, single_line: bool
) -> Edit | None:
    """Add names to the file's import from pydantic-settings; None if it can't be extended.

    Args:
        source: The file.
        names: The names.
        width: Maximum line length.
        single_line: Whether each name is imported on a separate line.
    """
    node = next(iter(_imports_of_names(source)), None)
    if node is None or "#" in source.segment(node):
        return None
    if single_line:
        at, lead = line_below(source, node)
        lines = [f"from {LIBRARY} import {name}\n" for name in names]
        return make_edit(source, at, at, lead + "".join(lines))
    aliases = [ast.unparse(alias) for alias in node.names]
    for name in names:
        place = next((i for i, alias in enumerate(aliases) if alias > name), len(aliases))
        aliases.insert(place, name)
    text = f"from {LIBRARY} import {', '.join(aliases)}"
    segment = source.segment(node)
    if len(text) > width or "\n" in segment:
        step = indentation(segment.split("\n")[1])[0] if "\n" in segment else ""
        lines = [f"{step or '    '}{alias},\n" for alias in aliases]
        text = f"from {LIBRARY} import (\n{''.join(lines)})"
    return make_edit(source, *source.span(node), text)


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


def _other_names(source: Source) -> set[str]:
    """Return the names of the classes in a file, and of what it imports."""
    names: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
    return names
