"""Edits of the app's files."""

from __future__ import annotations

import msgspec


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """Replace bytes [start, end) of a file by text.

    An edit in a plan never contains a secret value.
    """

    path: str
    start: int
    end: int
    replacement: str


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """The edits of one existing file, or the content of a new one."""

    path: str
    before: str | None  # SHA-256 of the file that the plan was made from; None for a new file
    after: str  # SHA-256 of the file after the edits
    edits: tuple[Edit, ...]
    encoding: str = "utf-8"  # of the file, used to encode the replacements
    private: bool = False  # create the file with mode 0600
