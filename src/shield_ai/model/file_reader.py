"""The types of the functions that give access to the files of an app, and how to use them."""

from __future__ import annotations

from collections.abc import Callable

from shield_ai.model.errors import SourceError

# Returns the bytes of a file by its path relative to the app; None if the file does not exist. If
# the file can't be read, a reader of the scan returns None, and `Tree.read` raises SourceError.
FileReader = Callable[[str], bytes | None]
# Returns whether the app has a folder.
HasFolder = Callable[[str], bool]


def read_optional(read: FileReader, path: str) -> bytes | None:
    """Return the bytes of a file that a rewrite can do without; None if it can't be read.

    The file can be a link out of the app, as in a repository with several apps.
    """
    try:
        return read(path)
    except SourceError:
        return None
