"""Find the packages without `__init__.py`, by the relative imports of their modules.

https://docs.python.org/3/reference/import.html#namespace-packages
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from shield_ai.project.layout import is_test
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from shield_ai.model.file_reader import FileReader

# Python allows it only in a package. Each further dot is a parent package.
RELATIVE_IMPORT = regex(rb"(?m)^from[ \t]+(\.{1,9})")
ABSOLUTE_IMPORT = regex(rb"(?m)^[ \t]*(?:from|import)[ \t]+(\w+)")


def root_of_namespace_package(folder: str, paths: Collection[str], read: FileReader) -> str | None:
    """Return the folder that a namespace package is imported from; None for another folder.

    In a namespace package, modules import each other relatively, and never by their own name.

    Args:
        folder: A folder without `__init__.py`.
        paths: All files of the app.
        read: Returns the content of a file.
    """
    modules = _modules_in(folder, paths)
    names = {os.fsencode(path.rpartition("/")[2].removesuffix(".py")) for path in modules}
    dots = 0
    for path in modules:
        raw = b"" if is_test(path) else read(path) or b""
        if not names.isdisjoint(ABSOLUTE_IMPORT.findall(raw)):
            return None
        dots = max(dots, *map(len, RELATIVE_IMPORT.findall(raw)), 0)
    parts = folder.split("/")
    above = "/".join(parts[:-dots]) if 0 < dots <= len(parts) else None
    return None if f"{above}/__init__.py" in paths else above  # a part of a regular package


def _modules_in(folder: str, paths: Iterable[str]) -> list[str]:
    """Return the paths of the modules directly in a folder."""
    return [path for path in paths if path.endswith(".py") and path.rpartition("/")[0] == folder]


def imports_itself_by_name(package: str, paths: Iterable[str], read: FileReader) -> bool:
    """Return whether a module of a package imports the package by its name.

    Args:
        package: The folder.
        paths: All files of the app.
        read: Returns the content of a file.
    """
    name = os.fsencode(package.rpartition("/")[2])
    own = (path for path in paths if path.startswith(f"{package}/") and path.endswith(".py"))
    return any(name in ABSOLUTE_IMPORT.findall(read(path) or b"") for path in own)


def is_imported_by_name(package: str, paths: Iterable[str], read: FileReader) -> bool:
    """Return whether a module beside a package imports it, so that both are one program.

    Args:
        package: The folder.
        paths: All files of the app.
        read: Returns the content of a file.
    """
    parent, _, name = package.rpartition("/")
    for path in paths:
        is_beside = path.startswith(f"{parent}/" if parent else "")
        if not is_beside or not path.endswith(".py") or path.startswith(f"{package}/"):
            continue
        imported = ABSOLUTE_IMPORT.findall(read(path) or b"")
        if os.fsencode(name) in imported and not is_test(path):
            return True
    return False
