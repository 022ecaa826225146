"""Find the files that Python can import, and those that it runs instead of a module's source."""

from __future__ import annotations

import os
from importlib.machinery import all_suffixes
from pathlib import Path
from typing import TYPE_CHECKING

from shield_ai.project.folder_entries import BYTECODE_FOLDER
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from shield_ai.project.tree import Tree

_EXTENSIONS = (".so", ".pyd")  # of extension modules
_IMPORTABLE = (*all_suffixes(), *_EXTENSIONS)
_PYTEST = "-pytest-"  # in the names of pytest's own bytecode, which Python does not import
_COMPARED_WITH_TIME = bytes(4)  # the flags after the magic number of bytecode, PEP 552


def importable_files(tree: Tree, relative: str) -> list[str]:
    """Return the files below a folder that Python can import.

    Of the files in __pycache__, only those that Python may run although the source differs.
    Links to folders are returned, not followed.

    Args:
        tree: The app's files.
        relative: The folder.
    """
    found: list[str] = []
    for folder, folders, names in os.walk(tree.path(relative)):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        found.extend(Path(folder, name).relative_to(tree.root).as_posix() for name in links)
        for name in names:
            path = Path(folder, name)
            is_bytecode = path.parent.name == BYTECODE_FOLDER
            if is_bytecode and (_PYTEST in name or not _is_hash_based(path)):
                continue
            if name.endswith(_IMPORTABLE):
                found.append(path.relative_to(tree.root).as_posix())
    return sorted(found)


def overriding_files(tree: Tree, relative: str) -> list[str]:
    """Return what Python imports or runs instead of a module's file.

    These are a package or an extension module of the same name, and bytecode that Python may
    run although the source differs.

    Args:
        tree: The app's files.
        relative: The module's file.
    """
    path = tree.path(relative)
    package = _entries(path.parent / path.stem, "__init__.")
    found = [file for file in package if file.name.endswith(_IMPORTABLE)]
    beside = _entries(path.parent, f"{path.stem}.")
    found += [file for file in beside if file.name.endswith(_EXTENSIONS)]
    found += filter(_is_hash_based, _entries(path.parent / BYTECODE_FOLDER, f"{path.stem}."))
    return sorted(file.relative_to(tree.root).as_posix() for file in found)


def _entries(folder: Path, prefix: str) -> list[Path]:
    """Return the entries of a folder that start with a prefix; none if it can't be listed."""
    try:
        return [file for file in folder.iterdir() if file.name.startswith(prefix)]
    except OSError:
        return []


def _is_hash_based(path: Path) -> bool:
    """Return whether Python doesn't compare a bytecode file with the source's time and size.

    Such a file can be committed with other code than its source. True if it can't be read.
    https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation
    """
    try:
        return read_regular_file(path)[4:8] != _COMPARED_WITH_TIME
    except OSError:
        return True
