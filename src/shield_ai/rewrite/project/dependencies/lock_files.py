"""Update or report the lock files beside a pyproject.toml or Pipfile that gets a dependency."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit
from shield_ai.model.errors import SourceError
from shield_ai.model.invalid_input import INVALID_TOML, require_short_keys
from shield_ai.model.skip import SkipId
from shield_ai.project.python_source import apply_edits, file_change
from shield_ai.rewrite.project.dependencies.lock_update import LockInput, Splice, require
from shield_ai.rewrite.project.dependencies.pipenv_lock import update_pipfile_lock
from shield_ai.rewrite.project.dependencies.poetry_lock import update_poetry_lock
from shield_ai.rewrite.project.dependencies.toml_insertion import BOM
from shield_ai.rewrite.project.dependencies.uv_lock import update_uv_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader
    from shield_ai.rewrite.project.file_edits import Outcome

LOCK_COMMANDS = {
    "poetry.lock": "poetry lock",
    "uv.lock": "uv lock",
    "pdm.lock": "pdm lock",
    "Pipfile.lock": "pipenv lock",
}
# These raise an exception if the file is unusual in any way.
UPDATES: dict[str, Callable[[LockInput], list[Splice]]] = {
    "Pipfile.lock": update_pipfile_lock,
    "poetry.lock": update_poetry_lock,
    "uv.lock": update_uv_lock,
}
# Options in this file take precedence over those in pyproject.toml.
UV_OPTIONS = "uv.toml"


def lock_commands(name: str) -> dict[str, str]:
    """Return the lock files of a pyproject.toml or Pipfile, with the commands that update them."""
    is_pipfile = name == "Pipfile"
    return {
        lock: command
        for lock, command in LOCK_COMMANDS.items()
        if (lock == "Pipfile.lock") == is_pipfile
    }


def update_locks(read: FileReader, change: FileChange) -> Outcome:
    """Return the changes of the lock files beside a file, and entries for the outdated ones.

    Args:
        read: Returns the bytes of a file of the app.
        change: The change of the pyproject.toml or Pipfile.
    """
    manifest_name = change.path.rpartition("/")[2]
    folder = change.path.removesuffix(manifest_name)
    changes, skipped = [], []
    for name, command in lock_commands(manifest_name).items():
        path = f"{folder}{name}"
        raw = _read(read, path)
        if raw is None:
            continue
        update = _update(read, change, path, raw)
        if update is None:
            reason = SkipId.LOCK_FILE.reason(command=command, path=change.path)
            skipped.append(reason.entry(path))
        else:
            changes.append(update)
    return changes, skipped


def _read(read: FileReader, path: str) -> bytes | None:
    try:
        return read(path)
    except SourceError:
        return b""  # it exists, but can't be read


def _update(read: FileReader, change: FileChange, path: str, raw: bytes) -> FileChange | None:
    """Return the change of a lock file; None if it has to be updated with its tool."""
    name = path.rpartition("/")[2]
    uv_options = f"{path.removesuffix(name)}{UV_OPTIONS}"
    if name not in UPDATES or (name == "uv.lock" and _read(read, uv_options) is not None):
        return None
    before = read(change.path) or b""
    try:
        text = raw.decode()
        require("\r" not in text)
        require_short_keys(text)
        after = apply_edits(before, change.edits)
        old, new = (
            tomllib.loads(content.decode().removeprefix(BOM)) for content in (before, after)
        )
        splices = UPDATES[name](LockInput(text, old, new))
    except (*INVALID_TOML, LookupError, TypeError, AttributeError):
        return None
    edits = []
    for start, end, replacement in splices:
        first, last = (len(text[:offset].encode()) for offset in (start, end))
        edits.append(Edit(path=path, start=first, end=last, replacement=replacement))
    return file_change(path, raw, edits)
