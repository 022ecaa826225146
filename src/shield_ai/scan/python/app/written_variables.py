"""Find the variables that the app sets to computed values, for itself or a child process."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.skip import SkipId
from shield_ai.model.words import words
from shield_ai.project.environ_copies import ENVIRON, dotted_name, os_names
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source
from shield_ai.scan.python.readers.ast_walk import descend, name_of, statements_in
from shield_ai.scan.text.pattern_search import has_match

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from shield_ai.model.skip import SkipReason

# Excludes most files without a search of their syntax trees.
MAY_WRITE = regex(
    rb"env\w{0,40}(?:\[[^\]\n]{1,100}\]\s{0,20}=(?!=)|\.(?:update|setdefault)\(|\s{0,20}\|)|putenv"
    rb"|\*\*[\w.]{0,40}environ|\benv\w{0,40}\s{0,20}(?::[^=\n]{1,60})?=\s{0,20}(?:dict\(|\{)"
)
ENVIRON_WORDS = frozenset({"ENV", "ENVIRON", "ENVIRONMENT"})
# Names of the app's settings: their values often come from the same variable.
SETTINGS_WORDS = frozenset({"SETTINGS", "SETTING", "CONFIG", "CONF", "CFG"})
SETTING = "*"  # a value of the settings, in the names that a value depends on
# Files that describe where the app runs, and files that no running app imports.
DEPLOYMENT = regex(
    rb"(?m)^[ \t]{0,80}(?:import|from)[ \t]{1,20}"
    rb"(?:aws_cdk|cdktf|constructs|fabric|invoke|pulumi\w*|troposphere)\b"
)
NOT_THE_APP = regex(r"(?:^|/)(?:migrations|alembic|docs?|examples?)/")


def find_written_variables(
    files: Iterable[tuple[str, bytes]], variables: Collection[str]
) -> dict[str, SkipReason]:
    """Map the variables that the app sets to computed values to the reason not to migrate them.

    Left out are constants, which are often placeholders for a script, and the variables that a
    file only passes on: their values come from the settings, or the file also names them in another
    place, such as a read.

    Args:
        files: Path and content of the Python files.
        variables: The variables that the app reads.
    """
    found: dict[str, SkipReason] = {}
    for path, raw in files:
        if is_outside_app(path, raw) or not has_match(MAY_WRITE, raw):
            continue
        named = [variable for variable in variables if variable.encode() in raw]
        if not named:
            continue
        try:
            tree = Source.from_bytes(path, raw).tree
            lines = _lines_by_variable(tree)
        except (SourceError, RecursionError):
            continue  # the scan reports the file
        for variable in sorted(lines.keys() & {*named}):
            reason = SkipId.SET_BY_APP.reason(path=path, line=lines[variable])
            found.setdefault(variable, reason)
    return found


def is_outside_app(path: str, raw: bytes) -> bool:
    """Return whether no running app imports a file, or it describes where the app runs."""
    return bool(NOT_THE_APP.search(path) or has_match(DEPLOYMENT, raw))


def _lines_by_variable(tree: ast.Module) -> dict[str, int]:
    """Map the variables that a file sets, and names nowhere else, to the first such line."""
    names = os_names(tree)
    keys: set[ast.expr] = set()
    lines: dict[str, int] = {}
    assigned = _AssignedNames(tree)
    for node in _writing_nodes(tree):
        for key, value in _written_items(node, names):
            variable = _text(key)
            keys.add(key)
            if variable and _is_computed(value, variable, assigned):
                lines.setdefault(variable, key.lineno)
    others = {_text(node) for node in descend(tree) if node not in keys} if lines else ()
    return {variable: line for variable, line in lines.items() if variable not in others}


def _writing_nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes that may write variables, without mappings that no process gets."""
    passed = _passed_names(tree)
    for node in descend(tree):
        if not _is_local_mapping(node, passed):
            yield node


def _passed_names(tree: ast.Module) -> set[str]:
    """Return the names whose values are passed on, and not only read or changed in their file."""
    owners: set[ast.expr] = set()
    found: dict[ast.expr, str] = {}
    for node in descend(tree):
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            owners.add(node.value)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found[node] = node.id
    return {name for node, name in found.items() if node not in owners}


def _is_local_mapping(node: ast.AST, passed: Collection[str]) -> bool:
    """Return whether a statement assigns a mapping that no process gets, but perhaps the user."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict()):
            return name not in passed
    return False


class _AssignedNames:
    """The names and texts in the values that a file assigns to each name."""

    def __init__(self, tree: ast.Module) -> None:
        self._values: dict[str, list[ast.expr]] = {}
        self._known: dict[str, set[str]] = {}
        for node in statements_in(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._values.setdefault(target.id, []).append(node.value)

    def pass_on(self, name: str, variable: str) -> bool:
        """Return whether a value of a name is the variable, or a setting that may have it."""
        if name not in self._known:
            parts = (part for value in self._values.get(name, ()) for part in descend(value))
            self._known[name] = set[str]().union(*map(_names_in, parts))
        return not self._known[name].isdisjoint({variable, SETTING})


def _text(node: ast.AST) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def _written_items(node: ast.AST, names: Mapping[str, str]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the names and the values that a statement or call puts into an environment."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and _is_environment(target.value, names):
                yield target.slice, node.value
            elif _is_environment(target, names):
                yield from _items(node.value)
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.keyword)):
        target_name = node.arg if isinstance(node, ast.keyword) else node.target
        if node.value and _is_environment(target_name, names):
            yield from _items(node.value)
    elif isinstance(node, ast.Dict) and _extends_environ(node, names):
        yield from _items(node)
    elif isinstance(node, ast.Call):
        yield from _call_items(node, names)


def _call_items(node: ast.Call, names: Mapping[str, str]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield what `putenv()`, or a method of an environment, sets."""
    function = node.func
    if dotted_name(function, names) == "os.putenv" and len(node.args) == 2:
        yield node.args[0], node.args[1]
    elif isinstance(function, ast.Attribute) and _is_environment(function.value, names):
        if function.attr == "update":
            for argument in node.args:
                yield from _items(argument)
            yield from _items(ast.Call(ast.Name("dict"), [], node.keywords))
        elif function.attr == "setdefault" and len(node.args) == 2:
            yield node.args[0], node.args[1]


def _items(node: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the names and the values in `{"X": y}`, `dict(X=y)`, and in both sides of `|`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _items(node.left)
        yield from _items(node.right)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                yield key, value
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "dict":
        for keyword in node.keywords:
            if keyword.arg:
                name = ast.Constant(keyword.arg)
                yield ast.copy_location(name, keyword.value), keyword.value


def _is_environment(target: ast.expr | str | None, names: Mapping[str, str]) -> bool:
    """Return whether an expression, by its name, is os.environ or a child's environment."""
    if isinstance(target, ast.expr):
        if dotted_name(target, names) == ENVIRON:
            return True
        if not isinstance(target, ast.Name):
            return False
        target = target.id
    return target is not None and not ENVIRON_WORDS.isdisjoint(words(target))


def _extends_environ(node: ast.Dict, names: Mapping[str, str]) -> bool:
    """Return whether a dict has the form `{**os.environ, …}`."""
    unpacked = (value for key, value in zip(node.keys, node.values, strict=True) if key is None)
    return any(dotted_name(value, names) == ENVIRON for value in unpacked)


def _is_computed(value: ast.expr, variable: str, assigned: _AssignedNames) -> bool:
    """Return False for a constant, and for a value that the app's settings probably contain."""
    parts = list(descend(value))
    if all(isinstance(part, ast.Constant) for part in parts):
        return False
    if not set[str]().union(*map(_names_in, parts)).isdisjoint({variable, SETTING}):
        return False
    names = (part.id for part in parts if isinstance(part, ast.Name))
    return not any(assigned.pass_on(name, variable) for name in names)


def _names_in(node: ast.AST) -> set[str]:
    """Return the variable that a node may refer to, and SETTING for a setting or a secret."""
    name = name_of(node)
    is_setting = name.endswith("get_secret") or not SETTINGS_WORDS.isdisjoint(words(name))
    return {name.upper(), _text(node) or "", SETTING if is_setting else ""}
