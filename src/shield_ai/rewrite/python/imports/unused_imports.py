"""Remove the imports of os that a rewrite leaves unused.

An import is kept if the name may be used in a way that the syntax tree of the file does not show.
If other files use it, such as tests that patch `module.os`, a comment disables the lint rule.
"""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.project.layout import is_settings, is_test
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source
from shield_ai.rewrite.python.imports.file_imports import Import
from shield_ai.rewrite.python.lines.formatting import make_edit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.model.edit import Edit
    from shield_ai.model.file_reader import FileReader

REMOVABLE = frozenset({"os", "environ", "getenv"})
# A comment above the imports of the standard library.
HEADING = regex(rb"(?i)#[\s=-]*(?:python|std-?lib|standard|built-?ins?|core)\b")
NOQA = "  # noqa: F401"


class UnusedImport(NamedTuple):
    """An import statement, and the local names to remove from it."""

    node: Import
    names: frozenset[str]
    has_kept: bool = False  # it also imports unused names that stay: other files may use them

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the statement remains."""
        return all((alias.asname or alias.name) in self.names for alias in self.node.names)


class Importers:
    """Find the Python files of the app that import a name from a given module.

    Args:
        paths: All Python files of the app, including tests.
        read: Returns the bytes of a file.
    """

    def __init__(self, paths: Iterable[str], read: FileReader) -> None:
        self.paths = tuple(paths)
        self._read = read

    def texts(self) -> Iterator[bytes]:
        """Yield the content of each file."""
        for path in self.paths:
            yield self._read(path) or b""

    def lack_module(self, dotted: str) -> bool:
        """Return whether a package of the app has no module of this name.

        Another distribution can add modules to a package, and formatters sort them apart.
        """
        package = dotted.partition(".")[0]
        tail = dotted.replace(".", "/")
        paths = [f"/{path}" for path in self.paths]
        if not any(f"/{package}/" in path for path in paths):
            return False
        return not any(f"/{tail}/" in path or path.endswith(f"/{tail}.py") for path in paths)

    def may_use(self, path: str, names: Collection[str]) -> set[str]:
        """Return the names of a module that another file may use.

        Imports are matched by the last part of the module's dotted name.

        Args:
            path: The file of the module.
            names: Names that the module binds.
        """
        used: set[str] = set()
        modules = [path]
        known = {path}
        for module in modules:  # grows: a module that imports all names has them, too
            for other in self.paths:
                remaining = set(names) - used
                if other in {path, module} or not remaining:
                    continue
                found, has_star = self._used_in(other, module, remaining)
                used |= found
                if has_star and other not in known:
                    known.add(other)
                    modules.append(other)
        return used

    def _used_in(self, other: str, path: str, names: set[str]) -> tuple[set[str], bool]:
        """Return the names of a module that another file may use.

        The second value is whether the file imports all names of the module with a star.
        """
        stem = module_stem(path)
        raw = self._read(other) or b""
        is_sibling = PurePosixPath(other).parent == PurePosixPath(path).parent
        if stem.encode() not in raw and not (is_sibling and b"from . import" in raw):
            return set(), False
        text = raw.decode("utf-8", "replace")
        used, has_star = _used_names(text, stem, names)
        if is_test(other) and re.search(rf"\b{re.escape(stem)}\b", text):
            used |= {name for name in names if _is_patched(text, stem, name)}
        if has_star:
            used |= _names_without_import(text, names, anywhere=is_settings(other))
        return used, has_star


def module_stem(path: str) -> str:
    """Return the last part of a module's dotted name."""
    pure = PurePosixPath(path)
    return pure.parent.name if pure.stem == "__init__" else pure.stem


def _used_names(text: str, stem: str, names: Collection[str]) -> tuple[set[str], bool]:
    """Return the names that a file imports from a module, or uses as its attributes.

    The second value is whether the file imports all names of the module with a star.
    """
    used = {name for name in names if re.search(rf"\b{re.escape(stem)}\.{name}\b", text)}
    has_star = False
    pattern = rf"(?m)^[ \t]*from\s+(?:[\w.]*\b{re.escape(stem)}|\.+)\s+import\s*(\([^)]*\)|.*)"
    for match in re.finditer(pattern, text):
        imported = set(re.findall(r"\w+|\*", match[1]))
        has_star |= "*" in imported
        used |= imported & set(names)
    return used, has_star


def _is_patched(text: str, stem: str, name: str) -> bool:
    """Return whether a test may use a name of a module, such as in `patch(f"{MODULE}.os.environ")`.

    The test can refer to the module by any name, but a text such as "shop.views.os" names its
    module. Attributes of os do not count.
    """
    if re.search(rf"""(?:setattr|patch\.object)\(\s*[\w.]+,\s*["']{name}["']""", text):
        return True
    for match in re.finditer(rf"""(?P<quote>["']?)(?<![\w.])(?P<owner>[\w.]*)\.{name}\b""", text):
        owner = match["owner"].rpartition(".")[2]
        if owner == "os":
            continue
        if not (match["quote"] and owner) or owner == stem:
            return True
    return False


def _names_without_import(text: str, names: Collection[str], *, anywhere: bool) -> set[str]:
    """Return the names that a text contains, but does not import at the top level of a file.

    Args:
        text: The text of the file.
        names: The names.
        anywhere: Whether files outside of the repository may use the names, too: local settings
            can extend a settings module.
    """
    used = set()
    for name in names:
        rest, count = re.subn(rf"(?m)^(?:import|from os import) (?:\w+, )*{name}\b.*$", "", text)
        if not count and (anywhere or re.search(rf"\b{name}\b", rest)):
            used.add(name)
    return used


def unused_imports(source: Source, after: bytes, importers: Importers | None) -> list[UnusedImport]:
    """Return the imports of os that a file uses before its edits and not after them.

    Args:
        source: The file before the edits.
        after: The file after them.
        importers: The files that may import the names; None if they are not known.
    """
    if importers is None or not any(_imports_os(node) for node in ast.walk(source.tree)):
        return []
    try:
        new = Source.from_bytes(source.path, after).tree
    except SourceError:
        return []
    mentioned = _mentioned(new, source.text)
    found = _unused_in_functions(source, new, mentioned)
    gone = _names_in(source.tree) - _names_in(new) - mentioned
    return [*found, *_unused_in_module(source, gone, importers)]


def _unused_in_module(
    source: Source, gone: set[str], importers: Importers
) -> Iterator[UnusedImport]:
    """Yield the unused imports at the top level, also of names that other files may use.

    Args:
        source: The file before the edits.
        gone: The names that the file does not use after them.
        importers: The files that may import the names.
    """
    for node in source.tree.body:
        if not isinstance(node, Import) or not _imports_os(node):
            continue
        if not _has_lines_to_itself(source, node):
            continue
        names = {local for local in map(_local_name, node.names) if local in gone}
        if names:
            kept = importers.may_use(source.path, names)
            yield UnusedImport(node, frozenset(names - kept), has_kept=bool(kept))


def _unused_in_functions(
    source: Source, new: ast.Module, mentioned: set[str]
) -> list[UnusedImport]:
    """Return the unused imports in the bodies of functions; only whole statements."""
    functions = _functions(source.tree)
    later = _functions(new)
    if [node.name for node in functions] != [node.name for node in later]:
        return []  # the rewrite adds a method
    found = []
    for before, after in zip(functions, later, strict=True):
        gone = _names_in(before) - _names_in(after)
        for node in before.body:
            if not isinstance(node, Import) or not _imports_os(node) or len(before.body) < 2:
                continue
            names = {local for local in map(_local_name, node.names) if local in gone}
            names -= mentioned
            unused = UnusedImport(node, frozenset(names))
            if names and unused.is_whole and _has_lines_to_itself(source, node):
                found.append(unused)
    return found


def _functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, functions)]


def _imports_os(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name == "os" for alias in node.names)
    return isinstance(node, ast.ImportFrom) and node.module == "os" and not node.level


def _local_name(alias: ast.alias) -> str:
    """Return the local name of an import that may be removed, or ""."""
    return (alias.asname or alias.name) if alias.name in REMOVABLE else ""


def _names_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _mentioned(tree: ast.Module, text: str) -> set[str]:
    """Return the names that a string or a type comment of a file may refer to."""
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    names = set()
    for comment in re.findall(r"#\s*type:(.*)", text):
        names.update(re.findall(r"\w+", comment))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        is_prose = id(node) in docstrings and ">>>" not in node.value
        if not is_prose:
            names.add(node.value.strip())
            names.update(re.findall(r"\b\w++(?=[.\[(])", node.value))
    return names


def _has_lines_to_itself(source: Source, node: Import) -> bool:
    """Return whether the lines of an import contain no other statement and no inner comment."""
    start, end = source.span(node)
    line_end = source.offset((node.end_lineno or node.lineno) + 1, 0)
    rest = source.raw[end:line_end].strip()
    is_first = not source.raw[source.offset(node.lineno, 0) : start].strip(b" \t")
    return is_first and (not rest or rest.startswith(b"#")) and b"#" not in source.raw[start:end]


def removal_edits(source: Source, unused: Iterable[UnusedImport]) -> list[Edit]:
    """Return the edits that remove imports, and an empty line where two would remain."""
    edits = []
    for found in unused:
        if found.has_kept:
            edits += _noqa_edits(source, found.node)
        if found.is_whole:
            edits.append(make_edit(source, *_removed_lines(source, found.node), ""))
        else:
            edits += _alias_edits(source, found)
    return edits


def statement_lines(source: Source, node: Import) -> tuple[int, int]:
    """Return the offsets of the lines of a statement."""
    last = node.end_lineno or node.lineno
    return source.offset(node.lineno, 0), source.offset(last + 1, 0)


def group_start(source: Source, node: Import) -> int:
    """Return the offset of the heading of a group with one import, or else of the import."""
    above = _line(source, node.lineno - 1)
    is_alone = HEADING.match(above) and not _line(source, (node.end_lineno or node.lineno) + 1)
    return source.offset(node.lineno - 1 if is_alone else node.lineno, 0)


def _removed_lines(source: Source, node: Import) -> tuple[int, int]:
    """Return the offsets of the lines to remove: the statement and, if it is a group, its heading.

    The blank line below such a group is removed, too.
    """
    _, end = statement_lines(source, node)
    start = group_start(source, node)
    following = (node.end_lineno or node.lineno) + 1
    has_heading = start < source.offset(node.lineno, 0)
    above = _line(source, node.lineno - 2 if has_heading else node.lineno - 1)
    is_group = not above or (node.col_offset > 0 and above.endswith(b":"))
    if is_group and following <= len(source.lines) and not _line(source, following):
        end = source.offset(following + 1, 0)
    return start, end


def _line(source: Source, number: int) -> bytes:
    """Return a line without whitespace at its ends; empty outside the file."""
    return source.lines[number - 1][1].strip() if 0 < number <= len(source.lines) else b""


def _noqa_edits(source: Source, node: Import) -> list[Edit]:
    """Add a comment to the first line of an import, unless it has such a comment."""
    line = _line(source, node.lineno)
    if re.search(rb"(?i)#\s*noqa\b", line) or line.endswith(b"\\"):
        return []
    start, raw = source.lines[node.lineno - 1]
    at = start + len(raw.rstrip())
    return [make_edit(source, at, at, NOQA)]


def _alias_edits(source: Source, found: UnusedImport) -> list[Edit]:
    """Remove each name with the comma after it, or before it if it is the last one."""
    aliases = found.node.names
    spans = [
        (
            source.offset(alias.lineno, alias.col_offset),
            source.offset(alias.end_lineno or alias.lineno, alias.end_col_offset or 0),
        )
        for alias in aliases
    ]
    kept = [i for i, alias in enumerate(aliases) if _bound(alias) not in found.names]
    edits = []
    for i, alias in enumerate(aliases):
        if _bound(alias) not in found.names:
            continue
        if i < kept[-1]:
            edits.append(make_edit(source, spans[i][0], spans[i + 1][0], ""))
        else:
            edits.append(make_edit(source, spans[i - 1][1], spans[i][1], ""))
    return edits


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name
