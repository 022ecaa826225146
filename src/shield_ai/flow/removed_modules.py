"""Find code that imports modules which a rollback removes."""

from __future__ import annotations

import ast
import contextlib
import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.flow.journal_record import FileStep
from shield_ai.model.errors import SourceError
from shield_ai.project.import_roots import dotted_name
from shield_ai.project.python_source import Source, digest
from shield_ai.scan.files.walk import walk_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from shield_ai.flow.journal_record import Step
    from shield_ai.project.tree import Tree


EMPTY = digest(b"")  # an __init__.py without which the folder is a namespace package


class Importer(NamedTuple):
    """A statement that imports a removed module."""

    path: str
    line: int
    module: str  # the path of the removed module


def find_importers(steps: Sequence[Step], tree: Tree) -> list[Importer]:
    """Return the imports, in files that a rollback leaves as they are, of modules that it removes.

    Such code was added since apply, and would no longer run.

    Args:
        steps: The steps to undo.
        tree: The app's folder.
    """
    removed = _removed_modules(steps)
    if not removed:
        return []
    names = _searched_names(removed)
    undone = {step.what for step in steps}
    found: set[Importer] = set()
    for entry in walk_all(tree.root):
        if entry.path.endswith(".py") and entry.path not in undone:
            # What can't be read or parsed, such as a broken link, does not run today either.
            with contextlib.suppress(SourceError):
                content = tree.read(entry.path) or b""
                if any(name in content for name in names):
                    found.update(_imports_of(entry.path, content, removed))
    return sorted(found)


def _removed_modules(steps: Sequence[Step]) -> dict[str, str]:
    """Return the paths of the modules that the steps created, by dotted name."""
    created = [step for step in steps if isinstance(step, FileStep) and step.before is None]
    modules = [step for step in created if step.what.endswith(".py") and step.after != EMPTY]
    return {dotted_name(step.what, ""): step.what for step in modules}


def _searched_names(removed: Collection[str]) -> set[bytes]:
    """Return the names of which each import of a removed module contains one."""
    names: set[bytes] = set()
    for module in removed:
        package, _, name = module.rpartition(".")
        if package not in removed:  # else, the import contains the name of the package
            names.add(name.encode())
    return names


def _imports_of(path: str, content: bytes, removed: dict[str, str]) -> Iterator[Importer]:
    for node in ast.walk(Source.from_bytes(path, content).tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in _imported_modules(node, path):
                for module in _matches(name, path, removed):
                    yield Importer(path, node.lineno, removed[module])


def _imported_modules(node: ast.Import | ast.ImportFrom, path: str) -> list[str]:
    """Return the dotted names that a statement may import; of relative imports, from the root."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    module = node.module or ""
    if node.level:
        folders = PurePosixPath(path).parts[: -node.level]
        module = ".".join((*folders, module) if module else folders)
    return [module, *(f"{module}.{alias.name}" for alias in node.names)]


def _matches(name: str, path: str, removed: Collection[str]) -> set[str]:
    """Return the removed modules that a dotted name may mean.

    The root of the imports may be the folder of the file, or any folder above it.
    """
    if name.partition(".")[0] in sys.stdlib_module_names:
        return set()
    folders = PurePosixPath(path).parts[:-1]
    roots = [folders[:depth] for depth in range(len(folders) + 1)]
    return {".".join((*root, name)) for root in roots} & set(removed)
