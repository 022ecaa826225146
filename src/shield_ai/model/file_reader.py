"""The types of the functions that give access to the files of an app."""

from __future__ import annotations

from collections.abc import Callable

# Returns the bytes of a file by its path relative to the app; None if it can't be read.
FileReader = Callable[[str], bytes | None]
# Returns whether the app has a folder.
HasFolder = Callable[[str], bool]
