"""List the files of a copy of the runtime, and check whether an existing file can be replaced."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from shield_ai.model.skip import SkipId, SkipReason
from shield_ai.project.runtime_names import COPY
from shield_ai.rewrite.project.copy_parts import CopyParts, select_modules
from shield_ai.rewrite.project.former_modules import former_modules
from shield_ai.rewrite.project.runtime_source import STAMP_NAME, runtime_files, shield_version
from shield_ai.rewrite.project.stamp import State, read_stamp, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.file_reader import FileReader


def needed_files(read: FileReader, path: str, parts: CopyParts) -> list[str]:
    """Return the paths of the files that the app's copy must have.

    Args:
        read: Returns the bytes of a file of the app.
        path: Path of the map file.
        parts: The optional parts of the runtime that the app can use.
    """
    folder = copy_folder(path)
    return [f"{folder}/{name}" for name in select_modules(read, path, runtime_files(), parts)]


def copy_folder(path: str) -> str:
    """Return the folder of the copy, for the path of the map file."""
    parent = str(PurePosixPath(path).parent)
    return COPY if parent == "." else f"{parent}/{COPY}"


def copied_files(
    read: FileReader, path: str, parts: CopyParts, *, in_package: bool
) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of every file to write except the map file."""
    folder = copy_folder(path)
    files = runtime_files()
    for name in select_modules(read, path, files, parts):
        yield f"{folder}/{name}", files[name]
    for place, body in former_modules(path, folder, in_package=in_package):
        if read(place) is not None:
            yield place, stamp(STAMP_NAME, "py", body, shield_version())


def find_conflict(raw: bytes | None) -> SkipReason | None:
    """Return why a file can't be replaced; None if it can."""
    state, version = read_stamp(raw, STAMP_NAME)
    if state is State.EDITED:
        return SkipId.RUNTIME_EDITED.reason()
    if state is State.FOREIGN:
        return SkipId.RUNTIME_PATH_USED.reason()
    if _is_newer(version):
        return SkipId.RUNTIME_NEWER.reason(version=version)
    return None


def _is_newer(version: str) -> bool:
    try:
        return Version(version) > Version(shield_version())
    except InvalidVersion:
        return False
