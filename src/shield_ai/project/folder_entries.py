"""Create and remove entries of an open folder, without following links."""

from __future__ import annotations

import contextlib
import os
import stat

from shield_ai.project.safe_write import FOLDER_FLAGS

BYTECODE_FOLDER = "__pycache__"


def make_folder(folder: int, name: str) -> None:
    """Create a folder, unless it exists."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, dir_fd=folder)


def remove_folder(parent: int, name: str) -> None:
    """Remove a folder that contains at most bytecode; a link counts as other content."""
    folder = os.open(name, FOLDER_FLAGS, dir_fd=parent)
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
        is_empty = not names or (names == [BYTECODE_FOLDER] and _remove_bytecode(folder))
    finally:
        os.close(folder)
    if is_empty:
        os.rmdir(name, dir_fd=parent)


def _remove_bytecode(parent: int) -> bool:
    """Remove a folder of bytecode, and return whether it contained only bytecode."""
    if not stat.S_ISDIR(os.stat(BYTECODE_FOLDER, dir_fd=parent, follow_symlinks=False).st_mode):
        return False
    folder = os.open(BYTECODE_FOLDER, FOLDER_FLAGS, dir_fd=parent)
    try:
        with os.scandir(folder) as listing:
            entries = list(listing)
        if not all(_is_bytecode(entry) for entry in entries):
            return False
        for entry in entries:
            os.unlink(entry.name, dir_fd=folder)
    finally:
        os.close(folder)
    os.rmdir(BYTECODE_FOLDER, dir_fd=parent)
    return True


def _is_bytecode(entry: os.DirEntry[str]) -> bool:
    return entry.name.endswith(".pyc") and entry.is_file(follow_symlinks=False)


def remove_file(folder: int, name: str) -> None:
    """Remove a file, if it exists."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
