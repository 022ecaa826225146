"""Find the files that run with their own folder on `sys.path`, not the root of the app.

A script that Python runs as `python jobs/export.py` imports the modules beside it by their bare
name: https://docs.python.org/3/library/sys_path_init.html
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.errors import SourceError
from shield_ai.model.skip import SkipId
from shield_ai.project.import_roots import dotted_name
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source
from shield_ai.scan.python.app.import_statements import find_imports
from shield_ai.scan.python.findings.importable import (
    LOADED_MODULE,
    MAIN_BLOCK,
    explain_problems_inside,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from shield_ai.model.site import FoundSite, Site
    from shield_ai.model.skip import SkipReason
    from shield_ai.project.layout import AppFacts
    from shield_ai.scan.python.app.app_facts import AppFiles

DOTTED = regex(rb"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
MAX_PARTS = 8  # of a dotted name
WORD = regex(r"[A-Za-z_]\w*")


class _Import(NamedTuple):
    """An absolute import."""

    module: str
    names: tuple[str, ...]  # what the file takes from the module


def mark_folder_scripts(
    sites: Sequence[FoundSite], facts: AppFacts, files: AppFiles
) -> list[FoundSite]:
    """Add a reason to the sites of files that run with their own folder on `sys.path`.

    A file in a folder without `__init__.py` in a package loses its reason if another file imports
    it from the app's root.

    Args:
        sites: The sites of all files.
        facts: The app's layout.
        files: The app's files.
    """
    paths = {finding.path for finding, site in sites if not site.reason}
    outside = {finding.path for finding, site in sites if _is_outside(site)}
    search = _FolderScripts(facts, files)
    scripts = search.select(paths)
    inside = search.explain_imported(outside)
    marked = []
    for finding, site in sites:
        reason = site.reason
        if finding.path in scripts and not reason:
            reason = SkipId.SCRIPT.reason()
        elif finding.path in inside and _is_outside(site):
            reason = inside[finding.path]
        marked.append((finding, msgspec.structs.replace(site, reason=reason)))
    return marked


def _is_outside(site: Site) -> bool:
    return site.reason is not None and site.reason.id is SkipId.OUTSIDE_PACKAGES


class _FolderScripts:
    """Selects the files that run with their own folder on `sys.path`."""

    def __init__(self, facts: AppFacts, files: AppFiles) -> None:
        self._facts = facts
        self._files = files
        self._root = facts.root(facts.runtime)
        self._runtime = dotted_name(facts.runtime, self._root).partition(".")[0]

    def select(self, paths: Collection[str]) -> set[str]:
        """Return the files that run with their own folder on `sys.path`."""
        scripts = {path for path in paths if self._is_script(path)}
        others = set(paths) - scripts
        return {
            path
            for path in scripts
            if not self._is_imported(path) and not self._imports_any(path, others)
        }

    def explain_imported(self, paths: Iterable[str]) -> dict[str, SkipReason | None]:
        """Return the files of packages that others import from the root, with other problems."""
        prefix = f"{self._root}/" if self._root else ""
        found = {}
        for path in paths:
            package = path.removeprefix(prefix).partition("/")[0]
            is_inside = path.startswith(prefix) and self._module(self._root, package)
            if not is_inside or not self._is_imported(path) or self._is_script(path):
                continue
            try:
                source = Source.from_bytes(path, self._files.read(path) or b"")
            except SourceError:
                continue
            found[path] = explain_problems_inside(source, self._facts, self._files.paths)
        return found

    def _is_script(self, path: str) -> bool:
        if self._is_loaded(path):
            return False
        folder = path.rpartition("/")[0]
        raw = self._files.read(path) or b""
        imports = _imports(path, raw)
        if any(found.module.startswith(".") for found in imports):
            return False
        if MAIN_BLOCK.search(raw) and self._module(folder, self._runtime):
            return True
        return any(self._is_beside(path, found) for found in imports)

    def _imports_any(self, path: str, others: Collection[str]) -> bool:
        """Return whether a file imports one of the files that will import the runtime."""
        folder = path.rpartition("/")[0]
        if self._module(folder, self._runtime):
            return False
        for found in _imports(path, self._files.read(path) or b""):
            names = (found.module, *(f"{found.module}.{name}" for name in found.names))
            for name in names:
                if self._module(self._root, name) in others and not self._module(folder, name):
                    return True
        return False

    def _is_loaded(self, path: str) -> bool:
        """Return whether a file is imported from the root, by its name or its place."""
        is_app = path.rpartition("/")[0] in self._facts.roots or path in self._facts.settings
        return is_app or not path.endswith(".py") or LOADED_MODULE.search(path) is not None

    def _is_beside(self, path: str, found: _Import) -> bool:
        """Return whether an import finds a module beside the file, but none in the root."""
        if found.module.partition(".")[0] in sys.stdlib_module_names:
            return False
        folder = path.rpartition("/")[0]
        if self._has(self._root, found):
            return False
        if self._has(folder, found):
            return self._module(folder, found.module) != path
        # The module beside the file can be one that git ignores.
        return found.module == self._runtime and bool(found.names)

    def _has(self, folder: str, found: _Import) -> bool:
        """Return whether a folder has a module with the names that a file imports."""
        module = self._module(folder, found.module)
        raw = self._files.read(module) or b"" if module else b""
        # In the root, a package that names itself is no library.
        if folder != self._root and _imports_library(raw, found.module):
            return False
        prefix = found.module.replace(".", "/")
        is_open = b"import *" in raw or b"__getattr__" in raw
        words = set(WORD.findall(raw.decode("utf-8", "replace")))
        missing = [] if is_open else [name for name in found.names if name not in words]
        if not all(self._module(folder, f"{prefix}.{name}") for name in missing):
            return False
        return bool(module) or bool(found.names)

    def _module(self, folder: str, name: str) -> str:
        """Return the path of a module in a folder; "" without one."""
        relative = name.replace(".", "/")
        path = f"{folder}/{relative}" if folder else relative
        for candidate in (f"{path}.py", f"{path}/__init__.py"):
            if candidate in self._files.paths:
                return candidate
        return ""

    def _is_imported(self, path: str) -> bool:
        """Return whether another file names a module by its full name."""
        named_by = self._named.get(dotted_name(path, self._root), path)
        return named_by != path

    @functools.cached_property
    def _named(self) -> dict[str, str]:
        """Map each dotted name in the Python files to the file with it; "" for several files."""
        named: dict[str, str] = {}
        for path in self._files.python():
            for name in _dotted_names(self._files.read(path) or b""):
                if named.setdefault(name, path) != path:
                    named[name] = ""
        return named


def _dotted_names(raw: bytes) -> set[str]:
    """Return the dotted names in a file, and what it imports from a module."""
    names: set[str] = set()
    for chain in DOTTED.findall(raw):
        parts = chain.decode("utf-8", "replace").split(".")[:MAX_PARTS]
        names.update(".".join(parts[:length]) for length in range(2, len(parts) + 1))
    for found in find_imports(raw):
        names.update(f"{found.module}.{name}" for name in found.names.values())
    return names


def _imports(path: str, raw: bytes) -> list[_Import]:
    """Return the modules that a file imports outside functions; relative ones begin with a dot."""
    try:
        body = list(Source.from_bytes(path, raw).tree.body)
    except SourceError:
        return []
    attributes = _attributes(raw)
    names: dict[str, set[str]] = {}
    while body:
        node = body.pop()
        if isinstance(node, (ast.If, ast.Try)):
            body += [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)]
        for module, taken in _imports_of(node, attributes):
            names.setdefault(module, set()).update(taken)
    return [_Import(module, tuple(sorted(names[module]))) for module in names]


def _imports_of(
    node: ast.stmt, attributes: dict[str, set[str]]
) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield each module that a statement imports, and what the file takes from it."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, attributes.get(alias.asname or alias.name, ())
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        yield module, [alias.name for alias in node.names if alias.name != "*"]


def _attributes(raw: bytes) -> dict[str, set[str]]:
    """Map each name, which may be dotted, to the attributes that a file takes from it."""
    found: dict[str, set[str]] = {}
    for name in _dotted_names(raw):
        start, _, attribute = name.rpartition(".")
        found.setdefault(start, set()).add(attribute)
    return found


def _imports_library(raw: bytes, module: str) -> bool:
    """Return whether a module imports a library that has the same name."""
    name = re.escape(module.encode())
    return bool(re.search(rb"(?m)^[ \t]*(?:from|import)[ \t]+" + name + rb"[ \t.,\r\n]", raw))
