"""Find code that imports modules which a rollback removes."""

from __future__ import annotations

import ast
import contextlib
import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from shield_ai.flow.journal.journal_record import FileStep
from shield_ai.model.errors import SourceError, UnsafePlanError
from shield_ai.model.printable import printable
from shield_ai.project.import_roots import dotted_name
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source, digest
from shield_ai.project.runtime_names import copied_folder
from shield_ai.scan.files.walk import walk_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from shield_ai.flow.journal.journal_record import Step
    from shield_ai.project.tree import Tree


DOTTED_NAME = regex(r"[A-Za-z_]\w{0,99}(?:\.[A-Za-z_]\w{0,99}){1,20}")
IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
EMPTY = digest(b"")  # an __init__.py without which the folder is a namespace package


class Importer(NamedTuple):
    """A statement that imports a removed module."""

    path: str
    line: int
    module: str  # the path of the removed module


def find_importers(
    steps: Sequence[Step], tree: Tree, merged: Mapping[str, bytes]
) -> list[Importer]:
    """Return the imports of modules that a rollback removes, in code that it keeps.

    Such code would no longer run, unless it handles the ImportError. A text with the dotted name of
    a module counts as an import: `"ENGINE": "shop.utils._shield_runtime.django.postgresql"`.

    Args:
        steps: The steps to undo.
        tree: The app's folder.
        merged: What the rollback writes into files that were edited since apply.
    """
    removed = _removed_modules(steps)
    if not removed:
        return []
    names = _searched_names(removed)
    undone = {step.what for step in steps}
    found: set[Importer] = set()
    for entry in walk_all(tree.root):
        is_kept = entry.path not in undone or entry.path in merged
        if entry.path.endswith(".py") and is_kept:
            # A file that can't be read or parsed, such as a broken link, does not run now either.
            with contextlib.suppress(SourceError):
                content = merged.get(entry.path, tree.read(entry.path)) or b""
                if any(name in content for name in names):
                    found.update(_imports_of(entry.path, content, removed))
    return sorted(found)


def find_needed_files(
    importers: Iterable[Importer], steps: Sequence[Step], tree: Tree
) -> dict[str, Importer]:
    """Return the files that apply created and remaining code needs, with an import that needs them.

    These are the imported modules, the modules that these import, and the packages that contain
    them. A copy of the runtime is needed as a whole.

    Args:
        importers: The imports of removed modules in the code that remains.
        steps: The steps to undo.
        tree: The app's folder.
    """
    removed = _removed_modules(steps)
    created = [step.what for step in steps if isinstance(step, FileStep) and step.before is None]
    needed: dict[str, Importer] = {}
    pending = list(importers)
    while pending:
        importer = pending.pop()
        for path in _files_with(importer.module, created):
            if path in needed:
                continue
            needed[path] = importer
            with contextlib.suppress(SourceError):
                pending += _imports_of(path, tree.read(path) or b"", removed)
    return needed


def _files_with(module: str, created: Sequence[str]) -> list[str]:
    """Return the created files without which a module can't be imported, including the module."""
    folder = copied_folder(module)
    packages = {f"{parent}/__init__.py" for parent in PurePosixPath(module).parents}
    return [
        path
        for path in created
        if path == module or path in packages or (folder and path.startswith(folder))
    ]


def _removed_modules(steps: Sequence[Step]) -> dict[str, str]:
    """Return the paths of the modules that the steps created, by dotted name."""
    created = [step for step in steps if isinstance(step, FileStep) and step.before is None]
    modules = [step for step in created if step.what.endswith(".py") and step.after != EMPTY]
    return {dotted_name(step.what, ""): step.what for step in modules}


def _searched_names(removed: Collection[str]) -> set[bytes]:
    """Return names of which each import of a removed module contains at least one."""
    names: set[bytes] = set()
    for module in removed:
        package, _, name = module.rpartition(".")
        if package not in removed:  # else, the import contains the name of the package
            names.add(name.encode())
    return names


def _imports_of(path: str, content: bytes, removed: dict[str, str]) -> Iterator[Importer]:
    tree = Source.from_bytes(path, content).tree
    handled = _handled_nodes(tree)
    for node in ast.walk(tree):
        if node in handled:
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in _imported_modules(node, path):
                for module in _matches(name, path, removed):
                    yield Importer(path, node.lineno, removed[module])
        elif isinstance(node, ast.Constant) and _is_dotted_name(node.value):
            package = node.value.rpartition(".")[0]  # the module, if the text names its member
            modules = _matches(node.value, path, removed) | _matches(package, path, removed)
            for module in modules:
                yield Importer(path, node.lineno, removed[module])


def _handled_nodes(tree: ast.Module) -> set[ast.AST]:
    """Return the code in `try` statements that handle an ImportError."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(map(_handles_import_error, node.handlers)):
            found.update(part for statement in node.body for part in ast.walk(statement))
    return found


def _handles_import_error(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = {part.id for part in ast.walk(handler.type) if isinstance(part, ast.Name)}
    return not IMPORT_ERRORS.isdisjoint(names)


def _is_dotted_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and DOTTED_NAME.fullmatch(value) is not None


def _imported_modules(node: ast.Import | ast.ImportFrom, path: str) -> list[str]:
    """Return the dotted names that a statement may import; relative ones start at the root."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    module = node.module or ""
    if node.level:
        parts = list(PurePosixPath(path).parts[: -node.level])
        if node.module:
            parts.append(node.module)
        module = ".".join(parts)
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


def kept_name(path: str) -> str:
    """Return how a kept file is named: a copy of the runtime by its folder."""
    return copied_folder(path) or path


def keep_reason(importer: Importer) -> str:
    """Return why a module that the rollback would remove is kept."""
    return f"kept, because {printable(importer.path)}:{importer.line} imports it"


def importer_error(importers: Sequence[Importer]) -> UnsafePlanError:
    """Return the error for code that imports modules which the rollback removes."""
    modules = ", ".join(sorted({printable(file.module) for file in importers}))
    return UnsafePlanError(
        f"remaining code imports {modules}, which the rollback removes: {_places(importers)}",
        "change that code first, or use --force, which keeps what the code imports and undoes"
        " everything else",
    )


def keep_hint(importers: Sequence[Importer]) -> str:
    """Return what --force keeps because of imports; empty without imports."""
    if not importers:
        return ""
    modules = ", ".join(sorted({printable(file.module) for file in importers}))
    return f"; it keeps {modules}, because remaining code imports it: {_places(importers)}"


def _places(importers: Iterable[Importer]) -> str:
    places = [f"{printable(file.path)}:{file.line}" for file in importers]
    return ", ".join(dict.fromkeys(places))  # a statement can import several of the modules
