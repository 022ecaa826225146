"""Read and write files in the app's folder: writes are atomic, and paths can't leave the folder."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model.errors import OutsideAppError, SourceError
from shield_ai.project.folder_entries import make_folder, remove_file, remove_folder
from shield_ai.project.inside import has_git_folder
from shield_ai.project.installed import installed_versions
from shield_ai.project.regular_file import read_regular_file
from shield_ai.project.safe_write import (
    create_file,
    open_folder,
    replace_file,
    temporary_path,
    umask,
)

if TYPE_CHECKING:
    from collections.abc import Collection

# Files with the code style of a repository, which can have the app in a subfolder.
CONFIGURATION = frozenset({
    "pyproject.toml", "ruff.toml", ".ruff.toml", "setup.cfg", "tox.ini", ".isort.cfg", ".flake8",
    ".pre-commit-config.yaml", ".secrets.baseline", "Makefile", ".gitlab-ci.yml", ".travis.yml",
})  # fmt: skip
WORKFLOWS = "/.github/workflows"
CHECK_PERMISSIONS = "check its permissions"


class Tree:
    """The files below a folder, by their relative paths with forward slashes.

    Args:
        root: The app's folder.

    Raises:
        SourceError: The root is not a folder.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            problem = "is not a folder" if root.exists() else "does not exist"
            raise SourceError(
                f"{root} {problem}",
                "use the app's folder; for Django, the one that contains manage.py",
            )
        self.root = root.resolve()

    def path(self, relative: str) -> Path:
        """Return the absolute path of a file.

        Raises:
            SourceError: The path is in a .git folder, or leads outside the app's folder through
                `..` or a symbolic link.
        """
        path = self.root / PurePosixPath(relative)
        try:
            real_path = path.resolve()
        except (OSError, RuntimeError):
            # a loop of links; the type of the error depends on Python's version
            raise _broken_link(relative) from None
        if not real_path.is_relative_to(self.root):
            hint = "only files inside the app can be read or changed"
            raise OutsideAppError(f"{relative} is outside {self.root}", hint)
        # a link, too, can lead into a .git folder
        parts = (*PurePosixPath(relative).parts, *real_path.relative_to(self.root).parts)
        if has_git_folder(parts):
            raise SourceError(
                f"{relative} is inside a .git folder", "shield never reads or changes files there"
            )
        return path

    def _read_above(self, relative: str) -> bytes | None:
        """Return the content of a file in a folder above the app, in the same repository.

        Returns:
            None if the file can't be read, or is not in the repository.
        """
        name = relative.rpartition("../")[2]
        levels = relative.count("../")
        is_above = relative == "../" * levels + name
        above = list(self.root.parents)
        depth = next((n for n, folder in enumerate(above, 1) if (folder / ".git").exists()), 0)
        is_root = (self.root / ".git").exists()
        folder = name.rpartition("/")[0]
        if is_root or not is_above or levels > depth or folder not in {"", WORKFLOWS[1:]}:
            return None
        path = above[levels - 1] / name
        if os.path.realpath(path.parent) != str(path.parent):  # a folder is a link
            return None
        try:
            return read_regular_file(path, follow_links=False)
        except OSError:
            return None

    def real_path(self, relative: str) -> str:
        """Return the relative path of a file, without symbolic links.

        Raises:
            SourceError: The path leads outside the app's folder, or is in a .git folder.
        """
        return self.path(relative).resolve().relative_to(self.root).as_posix()

    def read(self, relative: str) -> bytes | None:
        """Return the content of a file; None if it does not exist, or is a folder.

        Raises:
            SourceError: The file can't be read, is a special file, or is outside the folder
                and is no configuration above it in the same repository.
        """
        folder, _, name = relative.rpartition("/")
        if relative.startswith("../") and (name in CONFIGURATION or folder.endswith(WORKFLOWS)):
            return self._read_above(relative)
        path = self.path(relative)
        try:
            if not path.exists():
                if path.is_symlink():
                    raise _broken_link(relative)
                return None
            if path.is_dir():  # for example, a virtual environment in .env
                return None
            if not path.is_file():
                raise SourceError(f"{relative} is not a regular file", "move or rename it")
            return read_regular_file(path)
        except OSError as error:
            raise SourceError(
                f"{relative} can't be read: {error.strerror}", CHECK_PERMISSIONS
            ) from None

    def mode(self, relative: str) -> int:
        """Return the permissions of a file; 0 if it does not exist."""
        path = self.path(relative)
        return stat.S_IMODE(path.stat().st_mode) if path.exists() else 0

    def stage(self, relative: str, content: bytes, *, private: bool = False, mode: int = 0) -> Path:
        """Write a temporary file next to a file, with the same permissions, and sync it to disk.

        Args:
            relative: The file to replace with `commit`.
            content: The new content.
            private: Create a new file with mode 0600. If others can access an existing file,
                remove the access of its group and of others.
            mode: Use this mode instead, unless it is 0.

        Raises:
            SourceError: The file can't be written, for example because the disk is full. The
                temporary file is removed.
        """
        path = self.path(relative).resolve()
        if path.is_dir():
            raise SourceError(f"{relative} is a folder, not a file", "move or rename it")
        temporary = temporary_path(path)
        try:
            status = path.stat() if path.exists() else None
            owner = None
            if status and status.st_uid != os.geteuid():
                owner = (status.st_uid, status.st_gid)
            new_mode = mode or _new_mode(status, private=private)
            with self._folder_of(path) as folder:
                create_file(folder, temporary.name, content, new_mode, owner)
        except OSError as error:
            raise SourceError(
                f"{relative} can't be written: {error.strerror}",
                "nothing was changed; free disk space or fix the permissions, then try again",
            ) from None
        return temporary

    def _folder_of(self, path: Path) -> contextlib.AbstractContextManager[int]:
        """Open the folder of a file, given by its path without symbolic links."""
        return open_folder(self.root, path.parent.relative_to(self.root).parts)

    def commit(self, relative: str) -> None:
        """Replace a file by its temporary file, atomically.

        A symbolic link inside the folder is preserved: the target of the link is replaced.

        Raises:
            SourceError: The file can't be replaced.
        """
        path = self.path(relative).resolve()
        try:
            with self._folder_of(path) as folder:
                replace_file(folder, temporary_path(path).name, path.name)
        except OSError as error:
            raise SourceError(
                f"{relative} can't be written: {error.strerror}", CHECK_PERMISSIONS
            ) from None

    def write(self, relative: str, content: bytes, *, private: bool = False, mode: int = 0) -> None:
        """Call `stage` and `commit`, which describe the arguments and errors."""
        self.stage(relative, content, private=private, mode=mode)
        self.commit(relative)

    def discard(self, relative: str) -> None:
        """Remove the temporary file of `stage`, if there is one."""
        with contextlib.suppress(OSError):
            temporary_path(self.path(relative).resolve()).unlink(missing_ok=True)

    def remove(self, relative: str) -> None:
        """Remove a file.

        Raises:
            SourceError: The file can't be removed.
        """
        path = self.path(relative)
        try:
            if path.parent.is_dir():
                with self._folder_of(path.parent.resolve() / path.name) as folder:
                    remove_file(folder, path.name)
                    os.fsync(folder)
        except OSError as error:
            raise SourceError(
                f"{relative} can't be removed: {error.strerror}", CHECK_PERMISSIONS
            ) from None

    def installed_versions(self, names: Collection[str]) -> dict[str, str]:
        """Return the versions of distributions in the app's virtual environment, by name.

        Args:
            names: The distributions.
        """
        return installed_versions(self.root, names)

    def has_folder(self, relative: str) -> bool:
        """Return whether a folder exists; False if its parents can't be searched.

        Raises:
            SourceError: The path leads outside the app's folder, or is in a .git folder.
        """
        try:
            return self.path(relative).is_dir()
        except OSError:
            return False

    def file_names(self, relative: str) -> list[str]:
        """Return the names of the files in a folder; empty if it can't be listed."""
        try:
            folder = self.path(relative)
            return sorted(path.name for path in folder.iterdir() if path.is_file())
        except (OSError, SourceError):
            return []

    def folder_names(self, relative: str) -> list[str]:
        """Return the names of the folders in a folder, without links.

        Empty if it can't be listed.
        """
        try:
            paths = self.path(relative).iterdir()
            return sorted(path.name for path in paths if path.is_dir() and not path.is_symlink())
        except (OSError, SourceError):
            return []

    def nested_files(self, relative: str) -> list[str]:
        """Return the paths of the files in the folders inside a folder."""
        folders = [f"{relative}/{name}" for name in self.folder_names(relative)]
        return [f"{folder}/{name}" for folder in folders for name in self.file_names(folder)]

    def missing_folders(self, relative: str) -> list[str]:
        """Return the parent folders of a file that do not exist, outermost first."""
        parents = list(PurePosixPath(relative).parents)[:-1]
        return [str(parent) for parent in reversed(parents) if not self.has_folder(str(parent))]

    def make_folder(self, relative: str) -> None:
        """Create a folder, unless it exists.

        Raises:
            SourceError: The folder can't be created.
        """
        try:
            path = self.path(relative)
            with self._folder_of(path.parent.resolve() / path.name) as folder:
                make_folder(folder, path.name)
        except OSError as error:
            raise SourceError(
                f"{relative} can't be created: {error.strerror}", CHECK_PERMISSIONS
            ) from None

    def remove_folder(self, relative: str) -> None:
        """Remove a folder, unless it contains anything other than Python's bytecode.

        Raises:
            SourceError: The folder can't be removed.
        """
        path = self.path(relative)
        if path.is_symlink() or not path.is_dir():
            return
        try:
            with self._folder_of(path.parent.resolve() / path.name) as parent:
                remove_folder(parent, path.name)
        except OSError as error:
            raise SourceError(
                f"{relative} can't be removed: {error.strerror}", CHECK_PERMISSIONS
            ) from None


def _broken_link(relative: str) -> SourceError:
    return SourceError(f"{relative} is a broken symbolic link", "remove or fix it")


def _new_mode(status: os.stat_result | None, *, private: bool) -> int:
    """Return the mode for the new version of a file; the status of a new file is None."""
    if status is None:
        return (0o600 if private else 0o644) & ~umask()
    mode = stat.S_IMODE(status.st_mode)
    if private and is_accessible_to_others(mode):
        return mode & 0o600
    return mode


def is_accessible_to_others(mode: int) -> bool:
    """Return True if users other than the owner and the group have any access."""
    return bool(mode & stat.S_IRWXO)
