"""The folder .shield of an app: the journal, its lock, and copies of the app's files.

A scanned repository can contain such a folder. It is rejected if git tracks its files or if it
contains symbolic links, and no link is followed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError, UnsafePlanError
from shield_ai.project import git_process
from shield_ai.project.own_repository import is_in_repository
from shield_ai.project.regular_file import MAX_SIZE
from shield_ai.project.safe_write import create_file, open_folder, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = ".shield"
IGNORE = ".gitignore"
BACKUPS = "backups"
EDITED = "edited"
PATTERNS = "patterns"  # the user's own rules, which git may track
_OWN_NAMES = ("journal.jsonl", "lock", "key", BACKUPS, EDITED, IGNORE)
_SHOWN = 3  # tracked files that an error names

_IGNORED = """\
# Written by shield. Holds backups of edited files and the journal. Commit only your own patterns.
*
!/patterns/
!/patterns/*.yaml
"""


class PrivateFolder:
    """The folder .shield of an app.

    Args:
        root: The app's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.path = self.root / FOLDER
        self._is_untracked = False

    def require_own(self) -> None:
        """Refuse a folder that came with the repository, or that git would commit.

        Raises:
            UnsafePlanError: It is or contains a symbolic link, git tracks one of its files, or
                git can't read the repository.
        """
        self.require_no_links()
        self.require_untracked()

    def require_no_links(self) -> None:
        """Refuse a folder that is or contains a symbolic link.

        Raises:
            UnsafePlanError: There is a link.
        """
        for path in (self.path, *(self.path / name for name in _OWN_NAMES)):
            if path.is_symlink():
                raise UnsafePlanError(
                    f"{path.relative_to(self.root)} is a symbolic link",
                    "remove the link; shield creates its own folder",
                )

    def require_untracked(self) -> None:
        """Refuse a folder of which git tracks a file.

        Raises:
            UnsafePlanError: git tracks a file, or can't read the repository.
        """
        if self._is_untracked or not self.path.is_dir():
            return
        tracked = self._tracked_files()
        self._is_untracked = not tracked
        if tracked:
            names = ", ".join(tracked[:_SHOWN])
            if len(tracked) > _SHOWN:
                names += f" and {len(tracked) - _SHOWN} more"
            raise UnsafePlanError(
                f"{names} {'is' if len(tracked) == 1 else 'are'} tracked by git",
                f"run git rm -r --cached {FOLDER}; if it is not yours, move {FOLDER} away, too",
            )

    def _tracked_files(self) -> list[str]:
        """Return the tracked files, except the user's patterns.

        Raises:
            UnsafePlanError: git can't read the repository.
        """
        output = git_process.read(self.root, "ls-files", "-z", "--", f":(icase){FOLDER}")
        if output is None and is_in_repository(self.root):
            raise UnsafePlanError(
                f"git can't tell whether {FOLDER} belongs to the repository",
                "install git, or run git status for details",
            )
        tracked = []
        for name in (output or b"").decode("utf-8", "surrogateescape").split("\0"):
            parts = PurePosixPath(name).parts
            if len(parts) > 1 and parts[1] not in {PATTERNS, IGNORE}:
                tracked.append(name)
        return tracked

    def create(self) -> None:
        """Create the folder, unless it exists.

        Raises:
            SourceError: The folder can't be written.
        """
        try:
            with open_folder(self.root, ()) as root:
                _make_private(root, FOLDER)
            with self.open() as folder:
                _make_private(folder, BACKUPS)
            # The repository may contain a .gitignore that does not ignore the backups.
            if self.read(IGNORE) != _IGNORED.encode():
                self.write(IGNORE, content=_IGNORED.encode(), mode=0o644)
        except OSError as error:
            raise SourceError(
                f"{self.path} can't be written: {error.strerror}", "nothing was changed"
            ) from None

    @contextlib.contextmanager
    def open(self, *below: str) -> Iterator[int]:
        """Open the folder, or a folder in it, and yield its file descriptor."""
        with open_folder(self.root, (FOLDER, *below)) as folder:
            yield folder

    def open_file(self, name: str, flags: int) -> int:
        """Open a file without following a link, and return its descriptor.

        Raises:
            OSError: The file does not exist, or is not a regular file.
        """
        with self.open() as folder:
            return _open_regular(folder, name, flags)

    def read(self, *path: str) -> bytes | None:
        """Return the content of a file; None if it does not exist.

        Raises:
            OSError: The file can't be read, or is a symbolic link.
        """
        *below, name = path
        try:
            with self.open(*below) as folder:
                descriptor = _open_regular(folder, name, os.O_RDONLY)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            return file.read()

    def write(self, *path: str, content: bytes = b"", mode: int = 0o600) -> None:
        """Create or replace a file atomically, and sync it to disk.

        Raises:
            OSError: The file can't be written; an existing file is unchanged.
        """
        *below, name = path
        temporary = f"{name}.tmp"
        with self.open(*below) as folder:
            create_file(folder, temporary, content, mode)
            replace_file(folder, temporary, name)

    def save_copy(self, relative: str, content: bytes) -> str:
        """Save a file of the app below `edited` under an unused name.

        Args:
            relative: The path of the file in the app.
            content: The content.

        Returns:
            The path of the copy, relative to the app's folder.

        Raises:
            OSError: The copy can't be written.
        """
        *parents, name = PurePosixPath(relative).parts
        if ".." in parents:
            raise OSError(errno.EINVAL, "not a relative path", relative)
        below = [EDITED, *parents]
        for depth, part in enumerate(below):
            with self.open(*below[:depth]) as folder:
                _make_private(folder, part)
        copy = name
        number = 1
        with self.open(*below) as folder:
            while _exists(folder, copy):
                number += 1
                copy = f"{name}.{number}"
            create_file(folder, copy, content, 0o600)
        return "/".join((FOLDER, *below, copy))


def _make_private(folder: int, name: str) -> None:
    """Create a folder with mode 0700, or set this mode on an existing folder."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, mode=0o700, dir_fd=folder)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    descriptor = os.open(name, flags, dir_fd=folder)
    try:
        os.fchmod(descriptor, 0o700)
    finally:
        os.close(descriptor)


def _open_regular(folder: int, name: str, flags: int) -> int:
    """Open a regular file without following a link or blocking on a FIFO.

    A sparse file in an archive can be larger than the memory, so large files are refused.
    """
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=folder)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_SIZE:
        return descriptor
    os.close(descriptor)
    if stat.S_ISREG(status.st_mode):
        raise OSError(errno.EFBIG, f"larger than {MAX_SIZE // 1_000_000} MB", name)
    raise OSError(errno.EINVAL, "not a regular file", name)


def _exists(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def unwritable_file_error(path: Path, error: OSError) -> SourceError:
    """Return the error for a file in the folder that can't be written."""
    is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    step = "free some disk space" if is_full else "check the permissions of the folder"
    return SourceError(
        f"{path} can't be written: {error.strerror}", f"{step}, then run the same command again"
    )
