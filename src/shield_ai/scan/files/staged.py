"""Read the staged files of a repository from git's index."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from shield_ai.model.naming import MANIFEST
from shield_ai.project.git_index import staged_files
from shield_ai.project.git_objects import BlobReader
from shield_ai.scan.files.changed_lines import changed_lines
from shield_ai.scan.files.manifest_variables import manifest_variables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shield_ai.model.file_reader import FileReader


class StagedFiles:
    """The files that are added or changed in the index. Contents are not kept in memory.

    The git process that reads the files ends when the object is deleted.

    Args:
        root: A folder in the repository.
        max_size: Bytes; larger files are not read.

    Raises:
        SourceError: The folder is not in a git repository, or its .git points elsewhere.
    """

    def __init__(self, root: Path, max_size: int) -> None:
        self._files = staged_files(root)
        self._objects = BlobReader(root)
        self._max_size = max_size
        weakref.finalize(self, self._objects.close)

    @property
    def paths(self) -> list[str]:
        """The paths, relative to the folder."""
        return list(self._files)

    def read(self, path: str) -> bytes | None:
        """Return the staged content of a file; None if it is not staged, or too large."""
        file = self._files.get(path)
        return self._objects.read(file.name, self._max_size) if file else None

    def manifest_variables(self, read_from_disk: FileReader) -> tuple[Sequence[str], Sequence[str]]:
        """Return the variables that shield.toml names and ignores: staged, or else on disk."""
        return manifest_variables(self.read if MANIFEST in self._files else read_from_disk)

    def changed_lines(self, path: str) -> frozenset[int] | None:
        """Return the numbers of the lines that differ from HEAD.

        None if all lines count as changed: the file is new, too large or in UTF-16, or has lone
        carriage returns. Also None for a file that is not staged.
        """
        file = self._files.get(path)
        if not file or not file.old_name.strip("0"):  # git: all zeros for a new file
            return None
        old = self._objects.read(file.old_name, self._max_size)
        return changed_lines(old, self.read(path) or b"")
