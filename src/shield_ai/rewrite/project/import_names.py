"""Map the paths of an app's modules to their import names."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader

# The package of a template for startproject, and how its files name it.
TEMPLATE_PACKAGE = "project_name"
TEMPLATE_NAME = regex(rb"\{\{\s*project_name\s*\}\}")


def root_of(read: FileReader, path: str, module: str = "") -> str:
    """Return the folder on `sys.path` that a module is imported from; "" is the app's folder.

    If the dotted name is known, it determines the folder. Otherwise this is the innermost folder
    with a manage.py, or the folder above the topmost package, or `src`, or the app's folder.

    Args:
        read: Returns the bytes of a file of the app.
        path: Path of the module.
        module: Its dotted name, "" if unknown.
    """
    stem = path.removesuffix(".py")
    tail = module.replace(".", "/")
    if module and f"/{stem}".endswith(f"/{tail}"):
        return stem.removesuffix(tail).rstrip("/")
    folders = _folders_above(path)
    for folder in folders:
        if read(f"{folder}/manage.py") is not None:
            return folder
    packages = [folder for folder in folders if read(f"{folder}/__init__.py") is not None]
    if packages:
        return _parent(packages[-1])
    return "src" if len(folders) > 1 and folders[-1] == "src" else ""


def _folders_above(path: str | PurePosixPath) -> list[str]:
    """Return the folders that contain a relative path, innermost first."""
    return [str(parent) for parent in PurePosixPath(path).parents][:-1]


def _parent(path: str) -> str:
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent


def module_of(root: str, path: str) -> str:
    """Return the dotted name of a module below a root."""
    return ".".join(PurePosixPath(path).relative_to(root or ".").with_suffix("").parts)


def missing_packages(read: FileReader, path: str, root: str) -> list[str]:
    """Return the `__init__.py` files that the folders of a module lack, outermost first.

    A folder above the topmost package is not made a package: it can be on `sys.path`.
    """
    prefix = f"{root}/" if root else ""
    folders = _folders_above(PurePosixPath(path).relative_to(root or "."))
    files = [f"{prefix}{folder}/__init__.py" for folder in folders]
    existing = [i for i, file in enumerate(files) if read(file) is not None]
    candidates = files[: max(existing)] if existing else files[:1]
    return [file for file in reversed(candidates) if read(file) is None]


def shadows_standard_library(path: str, root: str) -> bool:
    """Return whether a module on `sys.path` would hide a module of the standard library."""
    return _parent(path) == root and PurePosixPath(path).stem in sys.stdlib_module_names


def is_template(read: FileReader, module: str, paths: Iterable[str]) -> bool:
    """Return whether a module is in a template for startproject, which renames its package."""
    if not module.startswith(f"{TEMPLATE_PACKAGE}."):
        return False
    return any(TEMPLATE_NAME.search(read(path) or b"") for path in paths)
