"""Correct the import roots of an app without Django by how its modules are started and imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.import_roots import find_run_roots
from shield_ai.project.namespace_packages import (
    imports_itself_by_name,
    is_imported_by_name,
    root_of_namespace_package,
)
from shield_ai.project.relative_imports import package_uses_only_relative_imports

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader


class Packages(NamedTuple):
    """The folders that the modules of an app are imported from, and how."""

    root: str  # of the settings
    roots: tuple[str, ...]
    relative: str = ""  # see AppFacts.relative_package
    namespace: str = ""  # see AppFacts.namespace_package


def find_packages(settings: str, known: Packages, paths: set[str], read: FileReader) -> Packages:
    """Correct the root of the settings, and find out whether they are imported relatively.

    Args:
        settings: The path of the settings.
        known: What other files tell of their root.
        paths: All files of the app.
        read: Returns the content of a file.
    """
    run_root = _deeper_run_root(settings, known.root, find_run_roots(paths, read))
    if run_root:
        others = [other for other in known.roots if other != run_root]
        package = _topmost_package(settings, run_root)
        has_one_name = imports_itself_by_name(package, paths, read)
        return Packages(run_root, (run_root, *others), "" if has_one_name else package)
    package = _relative_package(settings, known.root, paths, read)
    folder = settings.rpartition("/")[0]
    if package or not folder or f"{folder}/__init__.py" in paths:
        return known._replace(relative=package)
    above = root_of_namespace_package(folder, paths, read)
    if above is None or known.root not in {above, folder}:
        return known
    return _in_namespace_package(_topmost_package(settings, above), above, known, paths, read)


def _in_namespace_package(
    package: str, above: str, known: Packages, paths: set[str], read: FileReader
) -> Packages:
    """Return the roots of an app that is a namespace package."""
    namespace = "" if is_imported_by_name(package, paths, read) else package
    if known.root == above:
        return known._replace(relative=namespace, namespace=namespace)
    others = [other for other in known.roots if other not in {known.root, above}]
    return Packages(above, (*others, above), package, namespace)


def _deeper_run_root(settings: str, root: str, run_roots: set[str]) -> str:
    """Return the innermost folder below a root from which a server imports the settings, or ""."""
    prefix = f"{root}/" if root else ""
    deeper = []
    for run_root in run_roots:
        is_deeper = run_root.startswith(prefix) and run_root != root
        if is_deeper and "/" in _below(settings, run_root):
            deeper.append(run_root)
    return max(deeper, key=len, default="")


def _below(path: str, folder: str) -> str:
    return path.removeprefix(f"{folder}/") if path.startswith(f"{folder}/") else ""


def _topmost_package(path: str, root: str) -> str:
    prefix = f"{root}/" if root else ""
    return prefix + path.removeprefix(prefix).partition("/")[0]


def _relative_package(settings: str, root: str, paths: set[str], read: FileReader) -> str:
    """Return the topmost package of the settings if it is imported only relatively, or ""."""
    prefix = f"{root}/" if root else ""
    name, slash, _ = settings.removeprefix(prefix).partition("/")
    package = f"{prefix}{name}"
    if not slash or f"{package}/__init__.py" not in paths:
        return ""
    return package if package_uses_only_relative_imports(package, paths, read) else ""
