"""Rewrite the files of an app: each rewrite returns the edits and the reasons for skipped files."""

from __future__ import annotations

from collections.abc import Callable

from shield_ai.model.errors import SourceError

# Returns the bytes of a file by its path relative to the app, or None if it does not exist.
Read = Callable[[str], bytes | None]
# Returns whether the app has a folder.
HasFolder = Callable[[str], bool]


def read_optional(read: Read, path: str) -> bytes | None:
    """Return the bytes of a file that a rewrite can do without; None if it can't be read.

    It can be a link out of the app, as in a repository with several apps.
    """
    try:
        return read(path)
    except SourceError:
        return None
