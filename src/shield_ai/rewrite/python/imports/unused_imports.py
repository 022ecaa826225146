"""Remove the imports of os that a rewrite leaves unused.

An import is kept if the name may be used in a way that the syntax tree of the file does not show.
If other files use it, such as tests that patch `module.os`, a comment disables the lint rule.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source
from shield_ai.rewrite.python.imports.file_imports import Import
from shield_ai.rewrite.python.lines.source_edits import make_edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.edit import Edit
    from shield_ai.rewrite.python.imports.importers import Importers

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
