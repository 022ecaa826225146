"""Recognize os.environ in a file, and copies of it: `env = dict(os.environ)`.

A read of such a copy can become a read of the environment, unless the file, or code of the app that
it calls, changes the variable.
"""

from __future__ import annotations

import ast
import bisect
import sys
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

ENVIRON = "os.environ"
ENVIRONS = frozenset({ENVIRON, "os.environb"})  # two mappings of the same variables
MUTATING_METHODS = frozenset({
    "update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__", "__ior__",
})  # fmt: skip
# Functions that set variables from a file, or for child processes.
LOADER_FUNCTIONS = frozenset({"load_dotenv", "read_env", "read_dotenv", "putenv", "unsetenv"})
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
# Calls that copy a mapping that is passed as `env`.
PROCESS_FUNCTIONS = frozenset({"run", "Popen", "call", "check_call", "check_output"})
SEQUENCES = (ast.List, ast.Tuple)
BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")  # the fields with statements
ANY_LINE = 0  # for a change that can happen at any time
_NAMED = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.ExceptHandler,
    ast.MatchAs,
    ast.MatchStar,
)


class EnvironCopy(NamedTuple):
    """A copy of the environment, of which only some variables can change."""

    original: str  # the text of the copied expression
    # The first line, from the copy on, that may change the environment; reads before it are
    # unaffected.
    valid_until_line: int
    written: frozenset[str] = frozenset()  # the variables that the file changes in the copy


def os_names(tree: ast.Module) -> dict[str, str]:
    """Map the local names that a file imports from os, and os itself, to their dotted names."""
    names = {"os": "os"}
    nodes: list[ast.AST] = [tree]
    for node in nodes:  # the list grows meanwhile
        for field in BLOCKS:
            nodes += getattr(node, field, ())
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


def find_copies(
    tree: ast.Module,
    names: Mapping[str, str],
    may_set_variables: Callable[[ast.Import | ast.ImportFrom], bool] = lambda _: True,
) -> dict[str, EnvironCopy]:
    """Return the copies of the environment at the top level of a file, by their names.

    Names that the file binds twice are left out, as are copies that it passes to other code, or in
    which it sets or deletes keys that are not constant.

    Args:
        tree: The file.
        names: The names that os_names() returns for it.
        may_set_variables: Whether an import may set variables; by default, each one may.
    """
    found: list[tuple[ast.Name, ast.expr]] = []
    for node in tree.body:
        # A second target would be another name for the same copy.
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            copied = _copied(node.value, names)
            if copied is not None and isinstance(node.targets[0], ast.Name):
                found.append((node.targets[0], copied))
    if not found:
        return {}
    bindings = Counter(target.id for target, _ in found)
    writes = dict(_constant_writes(tree))
    otherwise_used = _otherwise_used_names(tree, [*(target for target, _ in found), *writes])
    written_keys: dict[str, set[str]] = {}
    for mapping, keys in writes.items():
        written_keys.setdefault(mapping.id, set()).update(keys)
    lines = sorted(_changes(tree, names, may_set_variables))
    copies = {}
    for target, copied in found:
        if bindings[target.id] == 1 and target.id not in otherwise_used:
            valid_until_line = _valid_until_line(target.lineno, lines)
            written = frozenset(written_keys.get(target.id, ()))
            copies[target.id] = EnvironCopy(ast.unparse(copied), valid_until_line, written)
    return copies


def _valid_until_line(copied_at: int, changes: list[int]) -> int:
    """Return the line of the first statement from a copy on that may change the environment.

    If the environment may change at any time, this is the line of the copy.
    """
    if changes[:1] == [ANY_LINE]:
        return copied_at
    at = bisect.bisect_left(changes, copied_at)
    return changes[at] if at < len(changes) else sys.maxsize


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


def _otherwise_used_names(tree: ast.Module, targets: Iterable[ast.Name]) -> set[str]:
    """Return the names that are used for more than reads: `x["X"]`, `x.get(...)`, `"X" in x`.

    Args:
        tree: The file.
        targets: The uses of names that are accepted as well.
    """
    allowed: set[ast.AST] = set(targets)
    for node in ast.walk(tree):
        mapping = _read_mapping(node)
        if mapping is not None:
            allowed.add(mapping)
    names = set()
    for node in ast.walk(tree):
        name = used_name(node)
        if name and node not in allowed:
            names.add(name)
    return names


def _constant_writes(tree: ast.Module) -> Iterator[tuple[ast.Name, set[str]]]:
    """Yield each mapping in which the file sets or deletes constant keys, with these keys."""
    for node in ast.walk(tree):
        keys: set[str | None] = {None}
        target: ast.expr | None = None
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            target, keys = node.value, {_text(node.slice)}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            target = node.func.value
            if node.func.attr in {"setdefault", "pop"} and node.args:
                keys = {_text(node.args[0])}
            elif node.func.attr == "update":
                keys = _updated_keys(node)
        if isinstance(target, ast.Name) and None not in keys:
            yield target, {key for key in keys if key}


def _updated_keys(node: ast.Call) -> set[str | None]:
    """Return the keys that `x.update({"X": y}, Z=y)` sets, with None for unknown ones."""
    keys = {keyword.arg for keyword in node.keywords}
    for argument in node.args:
        if isinstance(argument, ast.Dict):
            keys.update(map(_text, argument.keys))
        else:
            keys.add(None)
    return keys


def _text(node: ast.expr | None) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def _read_mapping(node: ast.AST) -> ast.expr | None:
    """Return the mapping that a node only reads, if it reads one."""
    if isinstance(node, ast.Subscript):
        return node.value if isinstance(node.ctx, ast.Load) else None
    if isinstance(node, ast.Attribute):
        return node.value if node.attr in {"get", "keys"} else None
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return node.comparators[0]
    return None


def used_name(node: ast.AST) -> str | None:
    """Return the name that a node uses or binds."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, ast.alias):
        return node.asname or node.name.partition(".")[0]
    if isinstance(node, ast.MatchMapping):
        return node.rest
    return node.name if isinstance(node, _NAMED) else None


def _changes(
    tree: ast.Module,
    names: Mapping[str, str],
    may_set_variables: Callable[[ast.Import | ast.ImportFrom], bool],
) -> Iterator[int]:
    """Yield the lines of the top-level statements that may change the environment.

    Yields ANY_LINE for changes in a function, and for other names of os.environ and its methods.
    """
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    setters = {node for node in imports if may_set_variables(node)}
    imported = {used_name(alias) for node in setters for alias in node.names} - names.keys()
    for node, line in _nodes_with_lines(tree):
        is_change = isinstance(node, ast.expr) and _may_change(node, names)
        if is_change or node in setters or _called_name(node) in imported:
            yield line
        if any(_has_environ(value, names) for value in _kept_values(node)):
            yield ANY_LINE


def _nodes_with_lines(tree: ast.Module) -> Iterator[tuple[ast.AST, int]]:
    """Yield each node with the line of its top-level statement, or ANY_LINE if in a function."""
    stack: list[tuple[ast.AST, int]] = [(node, node.lineno) for node in tree.body]
    while stack:
        node, line = stack.pop()
        yield node, line
        if isinstance(node, FUNCTIONS):
            line = ANY_LINE
        stack.extend((child, line) for child in ast.iter_child_nodes(node))


def _kept_values(node: ast.AST) -> list[ast.expr]:
    """Return the values to which a node gives a name, or that a function returns."""
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.Return, ast.Yield)):
        return [node.value] if node.value else []
    if isinstance(node, ast.Lambda):
        return [node.body]
    if isinstance(node, ast.arguments):
        return [*node.defaults, *filter(None, node.kw_defaults)]
    if isinstance(node, (ast.For, ast.comprehension)) and isinstance(node.iter, SEQUENCES):
        return node.iter.elts
    return []


def _has_environ(node: ast.expr, names: Mapping[str, str]) -> bool:
    """Return whether a value is or contains os.environ, as in `os.environ or {}`.

    A method that changes it counts, too.
    """
    parts: Iterable[ast.AST] = ()
    if isinstance(node, ast.Dict):  # `{**x}` copies x
        parts = (value for key, value in zip(node.keys, node.values, strict=True) if key)
    elif isinstance(node, (*SEQUENCES, ast.Starred, ast.BoolOp, ast.IfExp)):
        parts = ast.iter_child_nodes(node)
    is_in_part = any(isinstance(part, ast.expr) and _has_environ(part, names) for part in parts)
    return is_in_part or _is_environ(node, names) or _is_mutating_method(node, names)


def _is_environ(node: ast.expr, names: Mapping[str, str]) -> bool:
    return dotted_name(node, names) in ENVIRONS


def _is_mutating_method(node: ast.expr, names: Mapping[str, str]) -> bool:
    """Return whether an expression is a method such as `os.environ.update`, called or not."""
    if not isinstance(node, ast.Attribute) or node.attr not in MUTATING_METHODS:
        return False
    return _is_environ(node.value, names)


def _may_change(node: ast.expr, names: Mapping[str, str]) -> bool:
    """Return whether an expression sets variables, or passes os.environ to other code."""
    if isinstance(node, (ast.Subscript, ast.Name, ast.Attribute)):
        written = node.value if isinstance(node, ast.Subscript) else node
        is_written = not isinstance(node.ctx, ast.Load) and _is_environ(written, names)
        return is_written or _is_mutating_method(node, names)
    if not isinstance(node, ast.Call):
        return False
    name = _last_name(node.func)
    return name in LOADER_FUNCTIONS or any(
        _has_environ(value, names) for value in _passed(node, name)
    )


def _passed(node: ast.Call, name: str) -> Iterator[ast.expr]:
    """Yield the arguments that a call may change.

    Args:
        node: The call.
        name: The last part of the name of the called function.
    """
    if name != "dict":
        yield from node.args
    for keyword in node.keywords:
        is_copied = keyword.arg == "env" and name in PROCESS_FUNCTIONS
        if keyword.arg and not is_copied:
            yield keyword.value


def _called_name(node: ast.AST) -> str:
    """Return the name at the start of the called expression: `boot` for `boot.setup()`."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    while isinstance(function, ast.Attribute):
        function = function.value
    return function.id if isinstance(function, ast.Name) else ""


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
