"""Find the copies of the environment that have the same values as the environment."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from shield_ai.project.environ_copies import find_copies, os_names

if TYPE_CHECKING:
    from shield_ai.project.environ_copies import EnvironCopy
    from shield_ai.scan.python.readers.project import Project


class CopiedEnvirons:
    """The names at the top level of a file that are copies of the environment.

    Args:
        tree: The file.
        project: The modules of the app.
    """

    def __init__(self, tree: ast.Module, project: Project) -> None:
        self._tree = tree
        self._project = project

    def original(self, container: ast.expr, variable: str | None) -> str:
        """Return the code that a name copies, such as `os.environ`; empty if a value can differ.

        Args:
            container: The name.
            variable: The variable; None for any.
        """
        if not isinstance(container, ast.Name):
            return ""
        copied = self._copies.get(container.id)
        if copied is None or container.lineno >= copied.valid_until_line:
            return ""
        may_differ = bool(copied.written) if variable is None else variable in copied.written
        return "" if may_differ else copied.original

    @functools.cached_property
    def _copies(self) -> dict[str, EnvironCopy]:
        return find_copies(self._tree, os_names(self._tree), self._may_set_variables)

    def _may_set_variables(self, node: ast.Import | ast.ImportFrom) -> bool:
        """Return whether a module of the app, or one that loads .env files, is imported."""
        if isinstance(node, ast.ImportFrom):
            if node.level or any(alias.name == "*" for alias in node.names):
                return True
            modules = [node.module or ""]
        else:
            modules = [alias.name for alias in node.names]
        find_module = self._project.find_module
        packages = {module.partition(".")[0] for module in modules}
        return any("env" in name.lower() or find_module(name) for name in (*modules, *packages))


def container_of(node: ast.expr) -> ast.expr | None:
    """Return the mapping in `mapping[key]` or `mapping.get(key)`; None for other expressions."""
    if isinstance(node, ast.Subscript):
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "get":
            return node.func.value
    return None


def without_keys_call(node: ast.expr) -> ast.expr:
    """Return `os.environ` for `os.environ.keys()`, and other expressions unchanged."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "keys":
            return node.func.value
    return node
