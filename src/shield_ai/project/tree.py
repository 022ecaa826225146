"""The app's folder: reads and writes stay inside it, and a file is either the old one or the new one, never half."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path, PurePosixPath

from shield_ai.model.errors import SourceError

TEMPORARY = ".shield_tmp"
BACKUP = ".shield_ai_backup"


class Tree:
    """The files below one folder, by relative path with slashes.

    Args:
        root: The app's folder.

    Raises:
        SourceError: It is no folder.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            what = "is no folder" if root.exists() else "does not exist"
            raise SourceError(
                f"{root} {what}", "give the folder of the app, the one with manage.py for Django"
            )
        self.root = root.resolve()

    def path(self, relative: str) -> Path:
        """Return the place of a file, refusing one that leaves the folder through `..` or a symlink.

        Raises:
            SourceError: It leaves the folder.
        """
        place = self.root / PurePosixPath(relative)
        try:
            inside = place.resolve().is_relative_to(self.root)
        except (OSError, RuntimeError):
            # a loop of links; which of the two depends on Python's version
            raise SourceError(
                f"{relative} is a link that leads nowhere", "remove it or mend it"
            ) from None
        if not inside:
            raise SourceError(
                f"{relative} leaves {self.root} through a link",
                "only files inside the app are touched",
            )
        return place

    def read(self, relative: str) -> bytes | None:
        """Return a file's bytes, None where there is none.

        Raises:
            SourceError: It can't be read, is no regular file or lies outside.
        """
        place = self.path(relative)
        try:
            if not place.exists():
                if place.is_symlink():
                    raise SourceError(
                        f"{relative} is a link that leads nowhere", "remove it or mend it"
                    )
                return None
            if not place.is_file():
                raise SourceError(f"{relative} is no regular file", "move it out of the way")
            return place.read_bytes()
        except OSError as error:
            raise SourceError(
                f"{relative} can't be read: {error.strerror}", "look at its permissions"
            ) from None

    def mode(self, relative: str) -> int:
        """Return the permissions of a file, 0 where there is none."""
        place = self.path(relative)
        return stat.S_IMODE(place.stat().st_mode) if place.exists() else 0

    def stage(
        self, relative: str, content: bytes, *, like: str = "", private: bool = False, mode: int = 0
    ) -> Path:
        """Write the new bytes under a temporary name beside the file, on disk for sure, with the file's own mode.

        Args:
            relative: The file that the bytes are for.
            content: All of its new bytes.
            like: Take the mode of this file instead.
            private: A new file is for its owner alone, and one that others may read becomes so.
            mode: Have this mode instead; 0 says nothing.

        Raises:
            SourceError: The disk is full, the folder read-only, …; nothing is left behind.
        """
        place = self.path(relative)
        temporary = temporary_of(place.resolve())
        model = self.path(like) if like else place
        try:
            status = model.stat() if model.exists() else None
            with temporary.open("wb") as file:
                had = (
                    stat.S_IMODE(status.st_mode)
                    if status
                    else (0o600 if private else 0o644) & ~_umask()
                )
                os.fchmod(
                    file.fileno(), mode or (had & 0o600 if private and open_to_others(had) else had)
                )
                if status and status.st_uid != os.geteuid():
                    with contextlib.suppress(PermissionError):
                        os.fchown(file.fileno(), status.st_uid, status.st_gid)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            hint = (
                "nothing was changed; make room or fix the permissions, then run the command again"
            )
            raise SourceError(f"{relative} can't be written: {error.strerror}", hint) from None
        return temporary

    def commit(self, relative: str) -> None:
        """Put the staged bytes in the place of the file, in one step.

        A link inside the tree stays a link: the file it points to is replaced.
        """
        place = self.path(relative).resolve()
        try:
            temporary_of(place).replace(place)
            sync(place.parent)
        except OSError as error:
            raise SourceError(
                f"{relative} can't be written: {error.strerror}", "look at its permissions"
            ) from None

    def write(
        self, relative: str, content: bytes, *, like: str = "", private: bool = False, mode: int = 0
    ) -> None:
        """Stage and commit at once."""
        self.stage(relative, content, like=like, private=private, mode=mode)
        self.commit(relative)

    def discard(self, relative: str) -> None:
        """Remove what `stage` left, if anything."""
        with contextlib.suppress(OSError):
            temporary_of(self.path(relative).resolve()).unlink(missing_ok=True)

    def remove(self, relative: str) -> None:
        """Remove a file.

        Raises:
            SourceError: It can't be removed.
        """
        place = self.path(relative)
        try:
            place.unlink(missing_ok=True)
            if place.parent.is_dir():
                sync(place.parent)
        except OSError as error:
            raise SourceError(
                f"{relative} can't be removed: {error.strerror}", "look at its permissions"
            ) from None

    def has_folder(self, relative: str) -> bool:
        """Tell whether there is such a folder inside the app."""
        return self.path(relative).is_dir()

    def missing_folders(self, relative: str) -> list[str]:
        """Name the folders that must be made for a file, outermost first."""
        parents = list(PurePosixPath(relative).parents)[:-1]
        return [str(p) for p in reversed(parents) if not self.has_folder(str(p))]

    def make_folder(self, relative: str) -> None:
        """Make one folder; fine where it is there already.

        Raises:
            SourceError: It can't be made.
        """
        try:
            self.path(relative).mkdir(exist_ok=True)
        except OSError as error:
            raise SourceError(
                f"{relative} can't be made: {error.strerror}", "look at its permissions"
            ) from None

    def remove_folder(self, relative: str) -> None:
        """Remove a folder that we made, with the bytecode that Python left in it; keep it if anything else is there."""
        place = self.path(relative)
        cache = place / "__pycache__"
        if not place.is_dir() or {p.name for p in place.iterdir()} - {"__pycache__"}:
            return
        if cache.is_dir():
            for file in cache.iterdir():
                file.unlink()
            cache.rmdir()
        place.rmdir()


def put(place: Path, content: bytes) -> None:
    """Write a file that a user named: all of it, or what was there before stays, also on a full disk.

    A pipe, a device and a link are written to as they are.

    Raises:
        OSError: It can't be written.
    """
    old = place.lstat() if place.exists() or place.is_symlink() else None
    if (old and not stat.S_ISREG(old.st_mode)) or not os.access(place.parent, os.W_OK):
        place.write_bytes(content)
        return
    temporary = temporary_of(place)
    try:
        with temporary.open("wb") as file:
            os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode) if old else 0o666 & ~_umask())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(place)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def temporary_of(place: Path) -> Path:
    """Name the temporary file of a file: always the same, so that what a killed process left is found."""
    return place.with_name(f".{place.name}{TEMPORARY}")


def open_to_others(mode: int) -> bool:
    """Tell whether more than a file's owner and group may do something with it."""
    return bool(mode & stat.S_IRWXO)


def sync(folder: Path) -> None:
    """Make a rename in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
