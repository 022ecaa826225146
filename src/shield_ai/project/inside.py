"""Check that relative paths stay inside a folder. The paths can come from a hostile git index."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GIT_FOLDER = ".git"


def inside_check(root: str) -> Callable[[str], bool]:
    """Return a function that tests whether the folder of a path is a real folder below a root.

    Only the folder of the path is tested. The function returns False if it is absolute, contains
    `..` or `.git`, or is behind a symbolic link. Results are cached by folder.
    """
    base = os.path.realpath(root).rstrip("/") + "/"

    @functools.cache
    def is_real(folder: str) -> bool:
        parts = folder.split("/")
        if not {"", ".", ".."}.isdisjoint(parts) or has_git_folder(parts):
            return False
        full_path = base + folder
        return os.path.realpath(full_path) == full_path

    def is_inside(path: str) -> bool:
        folder, slash, _ = path.rpartition("/")
        return not slash or is_real(folder)

    return is_inside


def has_git_folder(parts: Iterable[str]) -> bool:
    """Return whether a part of a path is .git, also on case-insensitive file systems."""
    return any(part.casefold() == GIT_FOLDER for part in parts)
