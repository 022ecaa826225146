"""Check that relative paths are in a folder. The paths can come from a hostile git index."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GIT_FOLDER = ".git"


def parent_check(root: str) -> Callable[[str], bool]:
    """Return a function that tests whether the parent folder of a path is a real one below a root.

    A parent folder fails if it is absolute, contains `..` or `.git`, or is behind a symbolic link.
    The last part of the path is not tested: the paths `..` and `.git` pass. Results are cached.
    """
    base = os.path.realpath(root).rstrip("/") + "/"

    @functools.cache
    def is_real(folder: str) -> bool:
        parts = folder.split("/")
        if not {"", ".", ".."}.isdisjoint(parts) or has_git_folder(parts):
            return False
        full_path = base + folder
        return os.path.realpath(full_path) == full_path

    def has_real_parent(path: str) -> bool:
        folder, slash, _ = path.rpartition("/")
        return not slash or is_real(folder)

    return has_real_parent


def has_git_folder(parts: Iterable[str]) -> bool:
    """Return whether a part of a path is .git, also on case-insensitive file systems."""
    return any(part.casefold() == GIT_FOLDER for part in parts)
