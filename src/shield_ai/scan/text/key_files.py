"""Find the key files that the code of an app opens."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.file_class import is_test

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader

NAME = regex(rb"[\"'/]([\w.-]{1,80}\.(?:key|pem|asc|p8|gpg|ppk))[\"']")


class KeyFiles:
    """The key files of an app.

    Args:
        paths: The Python files of the app.
        read: Returns the bytes of a file; None if it cannot be read.
    """

    def __init__(self, paths: Iterable[str], read: FileReader) -> None:
        self._paths = [path for path in paths if not is_test(path)]
        self._read = read

    def is_unused(self, path: str) -> bool:
        """Return whether no code names a file, except comments and tests; False without code."""
        return bool(self._paths) and path.rpartition("/")[2].encode() not in self._names

    @functools.cached_property
    def _names(self) -> set[bytes]:
        names: set[bytes] = set()
        for path in self._paths:
            for line in (self._read(path) or b"").splitlines():
                if b"." in line and not line.lstrip().startswith(b"#"):
                    names.update(NAME.findall(line))
        return names
