"""On-disk cache of reproducible artifacts, in the user's cache folder. Never contains secrets.

Entries are trusted: hyperscan runs the bytes of a database. Only files that no other user can have
written are read, from the handle that was checked.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from shield_ai.model.digest import hexdigest

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ENTRIES = 8  # for each name; older entries belong to former versions


def get_or_create(
    name: str, key: bytes, create: Callable[[], bytes], load_entry: Callable[[bytes], bool] = bool
) -> bytes:
    """Return a cache entry, which is created if it is missing or invalid.

    Args:
        name: The prefix of the entry's file name.
        key: Everything that the entry depends on; Python's version is added.
        create: Returns the content of the entry.
        load_entry: Loads an entry; returns False if it is damaged. Also called to load a new entry.
    """
    content = load(name, key, load_entry)
    if content is not None:
        return content
    content = create()
    load_entry(content)
    path = _entry_path(name, key)
    if path is not None:
        # without the cache, the next run only takes longer
        with contextlib.suppress(OSError):
            _write(path, content)
            _remove_old_entries(path.parent, name)
    return content


def load(name: str, key: bytes, load_entry: Callable[[bytes], bool] = bool) -> bytes | None:
    """Return a cache entry; None if it is missing or invalid, or others could have written it."""
    path = _entry_path(name, key)
    try:
        content = _read(path) if path is not None else None
    except OSError:
        return None
    return content if content is not None and load_entry(content) else None


def _read(path: Path) -> bytes:
    folder = _open_private(os.path.realpath(path.parent), os.O_DIRECTORY)
    try:
        handle = _open_private(path.name, os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return file.read()


def _open_private(path: Path | str, flags: int, dir_fd: int | None = None) -> int:
    """Open a file or a folder that only the current user can write.

    Raises:
        OSError: Another user owns it or can write it, or it is a symbolic link.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | flags, dir_fd=dir_fd)
    status = os.fstat(handle)
    if status.st_uid == os.geteuid() and not status.st_mode & 0o022:
        return handle
    os.close(handle)
    raise PermissionError(errno.EPERM, "others can write it", str(path))


def _entry_path(name: str, key: bytes) -> Path | None:
    """Return the file of an entry; None if the user has no home folder.

    platformdirs finds the same folder on Linux, but its import takes a tenth of a small scan.
    """
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    # https://specifications.freedesktop.org/basedir-spec/latest/ requires absolute paths
    if not base.is_absolute():
        return None
    digest = hexdigest(sys.version.encode() + b"\0" + key)[:24]
    return base / "shield-ai" / f"{name}-{digest}"


def _write(path: Path, content: bytes) -> None:
    import tempfile

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(_open_private(os.path.realpath(path.parent), os.O_DIRECTORY))
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _remove_old_entries(folder: Path, name: str) -> None:
    entries = sorted(folder.glob(f"{name}-*"), key=lambda path: path.stat().st_mtime)
    for entry in entries[:-MAX_ENTRIES]:
        entry.unlink(missing_ok=True)
