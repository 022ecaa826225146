"""Copies of the app's files in .shield, from which rollback restores them."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

from shield_ai.flow.journal.private_folder import BACKUPS, EDITED, unwritable_file_error
from shield_ai.model.errors import SourceError
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from shield_ai.flow.journal.private_folder import PrivateFolder

_SHA256 = regex("[0-9a-f]{64}")


class Backups:
    """The copies of one app's files.

    Args:
        private: The folder .shield of the app.
    """

    def __init__(self, private: PrivateFolder) -> None:
        self._private = private
        self.path = private.path / BACKUPS

    def store(self, content: bytes) -> str:
        """Store the bytes of a file under their sha256, with mode 0600, and return the sha256.

        Raises:
            SourceError: The file can't be written.
        """
        digest = hashlib.sha256(content).hexdigest()
        try:
            if self._private.read(BACKUPS, digest) != content:
                self._private.write(BACKUPS, digest, content=content)
        except OSError as error:
            raise unwritable_file_error(self.path / digest, error) from None
        return digest

    def read(self, digest: str) -> bytes:
        """Read the stored bytes with a sha256.

        Raises:
            SourceError: The backup is missing or damaged.
        """
        content = None
        if _SHA256.fullmatch(digest):
            with contextlib.suppress(OSError):
                content = self._private.read(BACKUPS, digest)
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            raise SourceError(
                f"{self.path / digest} is missing or damaged",
                "restore the app's file from git",
            )
        return content

    def save_edited_copy(self, path: str, content: bytes) -> str:
        """Save the user's version of a file in .shield/edited, with mode 0600.

        Args:
            path: The path of the file, relative to the app's folder.
            content: The bytes of the file.

        Returns:
            The path of the copy, relative to the app's folder.

        Raises:
            SourceError: The file can't be written.
        """
        try:
            return self._private.save_copy(path, content)
        except OSError as error:
            raise unwritable_file_error(self._private.path / EDITED / path, error) from None
