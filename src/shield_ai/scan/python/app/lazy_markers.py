"""Search Python files for the markers that the prefilter does not know, when they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from shield_ai.scan.files.file_filter import PATTERNS, Markers
from shield_ai.scan.text.pattern_search import has_match
from shield_ai.scan.text.reader import utf16_to_utf8

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.model.file_reader import FileReader


class _LazyMarkers:
    """Markers that searches for each pattern once, on first use.

    The file is read again for each pattern: all files of a project may not fit into memory.
    """

    def __init__(self, path: str, read: FileReader) -> None:
        self._path = path
        self._read = read

    def __getattr__(self, name: str) -> bool:
        raw = utf16_to_utf8(self._read(self._path) or b"")
        found = has_match(PATTERNS[name], raw)
        setattr(self, name, found)
        return found

    may_have_secrets = Markers.may_have_secrets
    may_export_readers = Markers.may_export_readers


def complete_markers(
    markers: Mapping[str, Markers | None], read: FileReader
) -> Mapping[str, Markers]:
    """Return the markers of all files that were searched.

    Args:
        markers: The markers by path; None for files without known ones.
        read: Returns the bytes of a file.
    """
    return {
        path: found or cast("Markers", _LazyMarkers(path, read)) for path, found in markers.items()
    }
