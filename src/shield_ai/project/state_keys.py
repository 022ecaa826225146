"""Store keys in the user's state folder, to which a scanned repository can't write.

The folder is SHIELD_STATE_DIR, else shield-ai in XDG_STATE_HOME, else ~/.local/state/shield-ai.
https://specifications.freedesktop.org/basedir-spec/latest/
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from shield_ai.model.errors import SourceError
from shield_ai.project.safe_write import create_file, open_folder

VARIABLE = "SHIELD_STATE_DIR"
KEYS = "keys"
KEY_LENGTH = 32  # bytes


def state_folder(app: Path) -> Path:
    """Return the absolute path of the state folder; it may not exist.

    Args:
        app: The app's folder, which must not contain the state folder.

    Raises:
        SourceError: The folder is not usable.
    """
    folder = _configured_folder()
    if not folder.is_absolute():
        name = VARIABLE if os.environ.get(VARIABLE) else "the user's home folder"
        raise SourceError(f"{name} is not an absolute path", f"set {VARIABLE} to an absolute path")
    folder = Path(os.path.realpath(folder))
    if folder.is_relative_to(app.resolve()):
        raise SourceError(
            f"{folder} is inside the app's folder, where a repository could replace it",
            f"set {VARIABLE} to a private folder outside the app",
        )
    return folder


def _configured_folder() -> Path:
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given)
    base = Path(os.environ.get("XDG_STATE_HOME") or "")
    if base.is_absolute():
        return base / "shield-ai"
    try:
        return Path.home() / ".local" / "state" / "shield-ai"
    except RuntimeError:
        raise SourceError(
            "the user has no home folder", f"set {VARIABLE} to a private folder"
        ) from None


def read_state_key(app: Path, name: str) -> bytes | None:
    """Return a key; None if it does not exist or is not usable.

    A key is not usable if it belongs to another user, is accessible to others, or has the wrong
    length.

    Args:
        app: The app's folder.
        name: The name of the key's file.

    Raises:
        SourceError: The key can't be read.
    """
    folder = state_folder(app)
    try:
        with open_folder(folder, (KEYS,)) as keys:
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=keys)
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(file.fileno())
                key = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(folder, error) from None
    is_private = status.st_uid == os.geteuid() and not status.st_mode & 0o077
    return key if is_private and len(key) == KEY_LENGTH else None


def create_state_key(app: Path, name: str) -> bytes:
    """Create or replace a key that only this user can read, and return it.

    Args:
        app: The app's folder.
        name: The name of the key's file.

    Raises:
        SourceError: The state folder can't be written.
    """
    folder = state_folder(app)
    key = secrets.token_bytes(KEY_LENGTH)
    try:
        for missing in reversed((folder, *folder.parents)):
            # macOS raises IsADirectoryError for "/"
            with contextlib.suppress(FileExistsError, IsADirectoryError):
                missing.mkdir(mode=0o700)
        with open_folder(folder, ()) as descriptor:
            if os.fstat(descriptor).st_uid != os.geteuid():
                raise SourceError(
                    f"{folder} belongs to another user", f"set {VARIABLE} to a private folder"
                )
            os.fchmod(descriptor, 0o700)
            with contextlib.suppress(FileExistsError):
                os.mkdir(KEYS, mode=0o700, dir_fd=descriptor)
        with open_folder(folder, (KEYS,)) as keys:
            create_file(keys, name, key, 0o600)
            os.fsync(keys)
    except OSError as error:
        raise _unusable(folder, error) from None
    return key


def _unusable(folder: Path, error: OSError) -> SourceError:
    return SourceError(
        f"the state folder {folder} can't be used: {error.strerror}",
        f"set {VARIABLE} to a private folder",
    )
