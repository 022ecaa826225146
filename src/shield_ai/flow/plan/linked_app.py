"""Read the files of an app, and leave out the edits of files that are links out of the app."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from shield_ai.model.errors import OutsideAppError
from shield_ai.model.skip import SkipId, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader


class LinkedApp:
    """The files of an app, some of which may be links out of it.

    Args:
        read: Returns the bytes of a file; None if it does not exist.
    """

    def __init__(self, read: FileReader) -> None:
        self._read = functools.cache(read)  # so all edits of a plan are of the same content
        self._outside: dict[str, OutsideAppError] = {}

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a file; None if it does not exist, or is a link out of the app."""
        if path in self._outside:  # plans often read the same files above the app
            return None
        try:
            return self._read(path)
        except OutsideAppError as error:
            self._outside[path] = error
            return None

    def without_outside(
        self, files: Iterable[FileChange]
    ) -> tuple[list[FileChange], list[Skipped]]:
        """Return the changes of files in the app, and an entry for each other file.

        Args:
            files: Changes of files that were read.

        Raises:
            OutsideAppError: A Python file, which the app needs, is a link out of the app.
        """
        inside = []
        skipped = []
        for file in files:
            if file.path not in self._outside:
                inside.append(file)
            elif file.path.endswith(".py"):
                raise self._outside[file.path]
            else:
                skipped.append(_outside_item(file.path))
        return inside, skipped

    def explain_skip(self, item: Skipped) -> Skipped:
        """Return the entry, or one that says that its file is a link out of the app.

        Args:
            item: An entry for a file that was read.
        """
        return _outside_item(item.path) if item.path in self._outside else item


def _outside_item(path: str) -> Skipped:
    return SkipId.LINK_OUT_OF_APP.reason().entry(path)
