"""Read what a file imports at its top level."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.project.python_source import Source

Import = ast.Import | ast.ImportFrom


def imported_names(source: Source, *modules: str) -> dict[str, str]:
    """Return the local names of what a file imports from modules, by their original names."""
    names: dict[str, str] = {}
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom) and imports_from(node, *modules):
            names |= {alias.name: alias.asname or alias.name for alias in node.names}
    return names


def greatest_level(source: Source) -> int:
    """Return the greatest number of leading dots in the imports of a file's top level."""
    levels = [node.level for node in source.tree.body if isinstance(node, ast.ImportFrom)]
    return max(levels, default=0)


def imports_package(source: Source, package: str) -> bool:
    """Return whether a file imports a top-level package, or a module of it, by its full name."""
    return any(
        isinstance(node, Import)
        and not getattr(node, "level", 0)
        and top_level_package(node) == package
        for node in source.tree.body
    )


def imports_from(node: ast.AST, *modules: str) -> bool:
    """Return whether a node is a `from ... import` of one of the modules, which can be relative."""
    return isinstance(node, ast.ImportFrom) and module_text(node) in modules


def module_text(node: ast.ImportFrom) -> str:
    """Return the module of a `from ... import`, with its leading dots."""
    return "." * node.level + (node.module or "")


def module_of(node: Import) -> str:
    """Return the module that a statement imports, without leading dots."""
    if isinstance(node, ast.Import):
        return node.names[0].name
    return node.module or ""


def top_level_package(node: Import) -> str:
    """Return the first part of the name of the module that a statement imports."""
    return module_of(node).split(".")[0]


def imports_third_party(node: Import, first_party: Collection[str]) -> bool:
    """Return whether a statement imports neither the standard library nor the app.

    Args:
        node: The statement.
        first_party: The app's top-level packages.
    """
    if isinstance(node, ast.ImportFrom) and node.level:
        return False
    return top_level_package(node) not in {*first_party, *sys.stdlib_module_names}
