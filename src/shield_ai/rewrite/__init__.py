"""Rewrite the files of an app: each rewrite returns the edits and the reasons for skipped files."""

from __future__ import annotations

from collections.abc import Callable

# Returns the bytes of a file by its path relative to the app, or None if it does not exist.
Read = Callable[[str], bytes | None]
# Returns whether the app has a folder.
HasFolder = Callable[[str], bool]
