"""Read the files of a scan. Links to files outside the folder are followed only if allowed."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from shield_ai.project.inside import parent_check
from shield_ai.scan.files.file_class import is_text_by_name

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader

MAX_SIZE = 20_000_000  # bytes; larger files are skipped
READ_FLAGS = os.O_RDONLY | os.O_NONBLOCK  # do not wait for the writer of a FIFO
BINARY_CHECK_SIZE = 8000  # bytes; a file with a NUL in them is binary, as in git
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
MAX_NULS = 8  # in these bytes, if the file has the name of a text file


def reader(root: str, *, allow_outside: bool = False) -> FileReader:
    """Return a function that reads a file of a folder, up to one byte over MAX_SIZE.

    The function returns None if the file cannot be read or is outside the folder, and b"" if it is
    not a regular file.

    Args:
        root: The folder.
        allow_outside: Whether to read files outside the folder, too: the user has named them.
    """
    base = root.rstrip("/") + "/" if root else ""
    if allow_outside:
        return lambda path: _read_named(path if path.startswith("/") else base + path)
    has_real_parent = parent_check(root)

    def read(path: str) -> bytes | None:
        try:
            if not has_real_parent(path):
                return None
            return _read_regular(base + path, READ_FLAGS | os.O_NOFOLLOW)
        except ValueError:  # a NUL or a lone surrogate, in a path that a file names
            return None
        except OSError as error:
            target = _target_inside(base + path, root) if error.errno == errno.ELOOP else ""
            return read(target) if target else None

    return read


def _read_named(path: str) -> bytes | None:
    try:
        return _read_regular(path, READ_FLAGS)
    except OSError:
        return None


def _target_inside(link: str, root: str) -> str:
    """Return the target of a symbolic link, relative to the folder.

    It is empty if the target is outside the folder, or the links form a loop.
    """
    target = os.path.realpath(link)
    base = os.path.realpath(root).rstrip("/") + "/"
    is_inside = target.startswith(base) and not Path(target).is_symlink()
    return target.removeprefix(base) if is_inside else ""


def _read_regular(path: str, flags: int) -> bytes:
    """Read a file up to one byte over MAX_SIZE; return b"" if it is not a regular file.

    Raises:
        OSError: The file can't be read, or is a symbolic link and the flags contain O_NOFOLLOW.
    """
    descriptor = os.open(path, flags)
    try:
        status = os.fstat(descriptor)
        return _read_file(descriptor, status.st_size) if stat.S_ISREG(status.st_mode) else b""
    finally:
        os.close(descriptor)


def _read_file(descriptor: int, size: int) -> bytes:
    """Read a file up to one byte over MAX_SIZE.

    Args:
        descriptor: The open file.
        size: The size by fstat(); the file may be longer if it grows or is in /proc.
    """
    wanted = min(size, MAX_SIZE) + 1
    raw = os.read(descriptor, wanted)
    while len(raw) == wanted and wanted <= MAX_SIZE:
        more = os.read(descriptor, MAX_SIZE + 1 - wanted)
        if not more:
            break
        raw += more
        wanted = len(raw)
    return raw


def utf16_to_utf8(raw: bytes) -> bytes:
    """Encode a UTF-16 file with a byte order mark in UTF-8; return other files unchanged."""
    return raw.decode("utf-16", "replace").encode() if raw[:2] in UTF16_BOMS else raw


def is_binary(path: str, raw: bytes) -> bool:
    """Return whether a file is binary, by the rule of git.

    A few NULs in a file such as prod.ini don't count: configparser accepts them, and shells
    ignore them.
    """
    allowed = MAX_NULS if is_text_by_name(path) else 0
    return raw.count(b"\0", 0, BINARY_CHECK_SIZE) > allowed
