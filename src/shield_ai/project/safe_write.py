"""Write files without following symbolic links.

All writes to files of the app and to output files go through this module.

A scanned repository can contain links with the names of our temporary and output files. Folders are
opened one by one with O_NOFOLLOW, and files are created with O_EXCL, so a symbolic link can't
redirect a write.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from shield_ai.project.own_output import require_replaceable
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
CREATE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
TEMPORARY = ".shield_tmp"
PRIVATE = 0o600
DEVICES = Path("/dev")
PROCESSES = Path("/proc")
OPEN_FILE = regex(r"/dev/(?:std(?:in|out|err)|fd/\d+)|/proc/(?:self|\d+)/fd/\d+")


@contextlib.contextmanager
def open_folder(root: Path, parts: Sequence[str]) -> Iterator[int]:
    """Open a folder below a root, and yield its file descriptor.

    Args:
        root: Absolute path without symbolic links.
        parts: Names of the folders below it.

    Raises:
        OSError: A folder does not exist, or is a symbolic link.
    """
    descriptor = os.open(root, FOLDER_FLAGS)
    try:
        for part in parts:
            below = os.open(part, FOLDER_FLAGS, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def create_file(
    folder: int, name: str, content: bytes, mode: int, owner: tuple[int, int] | None = None
) -> None:
    """Create a file in an open folder, and sync it to disk.

    Args:
        folder: Descriptor of the folder.
        name: Name of the file; an existing file or link with this name is removed first.
        content: The content.
        mode: The permissions.
        owner: User and group IDs of the new owner, if permitted.

    Raises:
        OSError: The file can't be written. The incomplete file is removed.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    descriptor = os.open(name, CREATE_FLAGS, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            if owner is not None:
                with contextlib.suppress(PermissionError):
                    os.fchown(file.fileno(), *owner)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=folder)
        raise


def replace_file(folder: int, temporary: str, name: str) -> None:
    """Rename a temporary file to its final name, atomically; a link of that name is replaced.

    Raises:
        OSError: The file can't be replaced. The temporary file is removed.
    """
    try:
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:  # for example, a folder has the final name
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)


def write_output(path: Path, content: bytes) -> None:
    """Write the user's output file, atomically if its folder is writable.

    A symbolic link of this name is replaced, not followed. Pipes, devices and open files, such as
    /dev/stdout, are written directly.

    Raises:
        SourceError: An env file, or a file that is not an output file of this tool, has this name.
        OSError: The file can't be written, or a symbolic link in the relative path points outside
            the current folder.
    """
    status = path.lstat() if os.path.lexists(path) else None
    if _is_special(path, status):
        with path.open("wb") as device:
            device.write(content)
        return
    parent = _real_parent(path)
    mode = 0o666 & ~umask()
    if status is not None and stat.S_ISREG(status.st_mode):
        mode = stat.S_IMODE(status.st_mode)
    with open_folder(parent, ()) as folder:
        if status is not None:
            require_replaceable(path, folder, status)
        temporary = f".{path.name}.{secrets.token_hex(8)}.tmp"
        try:
            create_file(folder, temporary, content, mode)
        except PermissionError:
            if status is None or not stat.S_ISREG(status.st_mode):
                raise
            _overwrite(folder, path.name, content)
        else:
            replace_file(folder, temporary, path.name)


def read_private_file(path: Path) -> bytes | None:
    """Return the content of a private file of the user; None if it does not exist.

    Raises:
        OSError: The file can't be read, belongs to another user, is a symbolic link or another
            special file, or a symbolic link in the relative path points outside the current folder.
    """
    with open_folder(_private_parent(path), ()) as folder:
        try:
            descriptor = os.open(path.name, READ_FLAGS, dir_fd=folder)
        except FileNotFoundError:
            return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if status.st_uid != os.geteuid():
            raise OSError(errno.EPERM, "it belongs to another user", str(path))
        return file.read()


def write_private_file(path: Path, content: bytes) -> None:
    """Write a private file with mode 0600, atomically. An existing file is replaced.

    Its owner is not preserved: a previous owner could read the new content.

    Raises:
        OSError: The file can't be written, or a symbolic link in the relative path points outside
            the current folder.
    """
    with open_folder(_private_parent(path), ()) as folder:
        temporary = f".{path.name}.{secrets.token_hex(8)}.tmp"
        create_file(folder, temporary, content, PRIVATE)
        replace_file(folder, temporary, path.name)


def _private_parent(path: Path) -> Path:
    """Return the folder of a file.

    Raises:
        OSError: As `_real_parent`; also if the folder is /dev or in /proc.
    """
    parent = _real_parent(path)
    if parent == DEVICES or parent.is_relative_to(PROCESSES):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return parent


def _real_parent(path: Path) -> Path:
    """Return the folder of a file, without symbolic links.

    Raises:
        OSError: The folder does not exist, or a symbolic link in the relative path points outside
            the current folder.
    """
    # Path.resolve() raises RuntimeError at a loop of links in Python 3.11 and 3.12
    parent = Path(os.path.realpath(path.parent, strict=True))
    is_below = ".." not in path.parts and not path.is_absolute()
    if is_below and not parent.is_relative_to(Path.cwd()):
        raise OSError(errno.ELOOP, "a symbolic link leads out of the current folder", str(path))
    return parent


def _is_special(path: Path, status: os.stat_result | None) -> bool:
    """Return whether a path is a pipe, a socket or a device, or names an open file."""
    if OPEN_FILE.fullmatch(str(path)):
        return True
    if status is None or stat.S_ISLNK(status.st_mode) or stat.S_ISREG(status.st_mode):
        return False
    return not stat.S_ISDIR(status.st_mode)


def _overwrite(folder: int, name: str, content: bytes) -> None:
    """Overwrite a file in place, because its folder is not writable. Not atomic."""
    descriptor = os.open(name, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def umask() -> int:
    """Return the process's umask."""
    current = os.umask(0)
    os.umask(current)
    return current


def temporary_path(path: Path) -> Path:
    """Return the path of a file's temporary file.

    It is always the same, so that leftovers of an interrupted run are replaced.
    """
    return path.with_name(f".{path.name}{TEMPORARY}")
