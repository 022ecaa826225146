"""Recognize os.environ in a file, and copies of it that always equal it: `env = dict(os.environ)`.

A read of such a copy can become a read of the environment.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ENVIRON = "os.environ"
WRITERS = frozenset({"update", "setdefault", "pop", "popitem", "clear"})
# Functions that set variables from a file.
LOADERS = frozenset({"load_dotenv", "read_env", "read_dotenv", "putenv", "unsetenv"})


class EnvironCopy(NamedTuple):
    """A copy of the environment that nothing changes."""

    original: str  # the text of the copied expression
    last_line: int  # afterwards, the environment may differ from the copy


def os_names(tree: ast.Module) -> dict[str, str]:
    """Map the local names that a file imports from os, and os itself, to their dotted names."""
    names = {"os": "os"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {a.asname: "os" for a in node.names if a.name == "os" and a.asname}
        elif isinstance(node, ast.ImportFrom) and node.module == "os" and not node.level:
            names |= {alias.asname or alias.name: f"os.{alias.name}" for alias in node.names}
    return names


def dotted_name(node: ast.AST, names: Mapping[str, str]) -> str:
    """Return the dotted name of an expression, such as "os.environ"; empty for others."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        base = dotted_name(node.value, names)
        return f"{base}.{node.attr}" if base else ""
    return ""


def unchanged_copies(
    tree: ast.Module,
    names: Mapping[str, str],
    may_set_variables: Callable[[ast.Import | ast.ImportFrom], bool] = bool,
) -> dict[str, EnvironCopy]:
    """Return the copies of the environment at the top level of a file, by their names.

    Left out are names that the file binds twice, and copies that it changes or passes on.

    Args:
        tree: The file.
        names: The names that os_names() returns for it.
        may_set_variables: Whether an import may set variables; by default, each one may.
    """
    copies = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        copied = _copied(node.value, names)
        if copied is None or not _is_only_read(tree, node.targets[0]):
            continue
        changes = _changes(tree, names, may_set_variables)
        end = min((line for line in changes if line > node.lineno), default=sys.maxsize)
        copies[node.targets[0].id] = EnvironCopy(ast.unparse(copied), end)
    return copies


def _copied(node: ast.expr, names: Mapping[str, str]) -> ast.expr | None:
    """Return the environment in `os.environ.copy()` or `dict(os.environ)`."""
    if not isinstance(node, ast.Call) or node.keywords or len(node.args) > 1:
        return None
    copied: ast.expr | None = None
    if isinstance(node.func, ast.Attribute) and node.func.attr == "copy" and not node.args:
        copied = node.func.value
    elif isinstance(node.func, ast.Name) and node.func.id == "dict" and node.args:
        copied = node.args[0]
    return copied if copied and dotted_name(copied, names) == ENVIRON else None


def _is_only_read(tree: ast.Module, target: ast.Name) -> bool:
    """Return whether all other uses of a name are `x["X"]`, `x.get(...)` and `"X" in x`."""
    allowed: set[ast.AST] = {target, *filter(None, map(_read_mapping, ast.walk(tree)))}
    uses = (node for node in ast.walk(tree) if node not in allowed)
    return all(_used_name(node) != target.id for node in uses)


def _read_mapping(node: ast.AST) -> ast.expr | None:
    """Return the mapping that a node only reads, if it reads one."""
    if isinstance(node, ast.Subscript):
        return node.value if isinstance(node.ctx, ast.Load) else None
    if isinstance(node, ast.Attribute):
        return node.value if node.attr in {"get", "keys"} else None
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return node.comparators[0]
    return None


def _used_name(node: ast.AST) -> str | None:
    """Return the name that a node uses or binds."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, ast.alias):
        return node.asname or node.name
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
        return node.name
    return None


def _changes(
    tree: ast.Module,
    names: Mapping[str, str],
    may_set_variables: Callable[[ast.Import | ast.ImportFrom], bool],
) -> Iterator[int]:
    """Yield the lines where the environment may change."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if may_set_variables(node):
                yield node.lineno
        elif isinstance(node, ast.expr) and _may_change(node, names):
            yield node.lineno


def _may_change(node: ast.expr, names: Mapping[str, str]) -> bool:
    """Return whether an expression sets variables."""
    if isinstance(node, (ast.Subscript, ast.Name, ast.Attribute)):
        written = node.value if isinstance(node, ast.Subscript) else node
        return not isinstance(node.ctx, ast.Load) and dotted_name(written, names) == ENVIRON
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in WRITERS:
        return dotted_name(function.value, names) == ENVIRON
    return _last_name(function) in LOADERS


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
