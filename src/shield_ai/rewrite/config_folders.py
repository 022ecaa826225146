"""Name the folders where the configuration of a linter or a formatter applies to a file."""

from __future__ import annotations

from pathlib import PurePosixPath

MAX_DEPTH = 3  # of the app below the folder of the repository


def folders_above(path: str) -> list[str]:
    """Return the folders above a file, the nearest first, also those above the app's folder.

    Each ends with a slash, except the app's folder, which is "".
    """
    parents = [str(parent) for parent in PurePosixPath(path).parents]
    folders = ["" if parent == "." else f"{parent}/" for parent in parents]
    return [*folders, *(("../" * depth) for depth in range(1, MAX_DEPTH + 1))]
