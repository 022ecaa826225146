"""Find the statements of a script that change `sys.path` before it imports the app."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.rewrite.python.imports.file_imports import Import, top_level_package

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.rewrite.python.imports.importers import Importers


def below_path_change(
    body: Sequence[ast.stmt], module: str, importers: Importers | None = None
) -> int:
    """Return the index below the last change of `sys.path` above the first import of the app.

    0 without such a change, or without such an import: the app can be imported anywhere.

    Args:
        body: The statements of a file.
        module: The dotted name of a module of the app, which can be relative.
        importers: The app's Python files.
    """
    package = module.partition(".")[0]
    below = 0
    for index, node in enumerate(body):
        if _changes_path(node):
            below = index + 1
        elif isinstance(node, Import) and not getattr(node, "level", 0):
            name = top_level_package(node)
            if name == package or (importers and importers.have_top_level(name)):
                return below if package else 0
    return 0


def _changes_path(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    return any(
        isinstance(part, ast.Attribute) and ast.unparse(part) == "sys.path"
        for part in ast.walk(node)
    )
