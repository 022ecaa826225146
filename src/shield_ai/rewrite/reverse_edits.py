"""Undo the edits of a file, and keep the changes that were made by hand afterwards."""

from __future__ import annotations

import ast
import difflib
from typing import NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.project.python_source import Source

MAX_LINES = 5000  # difflib compares larger files too slowly


class Hunk(NamedTuple):
    """Lines of the edited file, from `start` to `end`, and the lines that they replaced."""

    start: int
    end: int
    old: list[bytes]


def reverse_edits(path: str, before: bytes, applied: bytes, current: bytes) -> bytes | None:
    """Return the current content of a file without the edits that led from `before` to `applied`.

    An edit that was already undone by hand is not undone again.

    Args:
        path: The path of the file; in Python files, names have to stay imported.
        before: The content before the edits.
        applied: The content after them.
        current: `applied`, with the changes that were made by hand afterwards.

    Returns:
        None if the place of an edit is no longer certain, if code that was added afterwards needs
        an import that the edits added, or if a version has more than `MAX_LINES` lines.
    """
    old, new, lines = (text.splitlines(keepends=True) for text in (before, applied, current))
    if max(len(old), len(new), len(lines)) > MAX_LINES:
        return None
    places = _places(new, lines)
    for hunk in reversed(_hunks(old, new)):
        place = _find(hunk, places, lines)
        if place is None:
            return None
        lines[place] = hunk.old
    merged = b"".join(lines)
    if path.endswith(".py") and _lacks_import(path, applied, merged):
        return None
    return merged


def _find(hunk: Hunk, places: dict[int, int], lines: list[bytes]) -> slice | None:
    """Return the place of an edit among the current lines; None if it is not certain."""
    numbers = [places.get(number) for number in range(hunk.start, hunk.end)]
    if numbers and numbers[0] is not None:
        first, end = numbers[0], numbers[0] + len(numbers)
        if numbers == list(range(first, end)):
            return slice(first, end)
    previous, following = places.get(hunk.start - 1), places.get(hunk.end)
    if previous is None or following is None:
        return None
    between = slice(previous + 1, following)
    is_undone = lines[between] == hunk.old
    only_removed_lines = not numbers and between.start == between.stop
    return between if is_undone or only_removed_lines else None


def _hunks(old: list[bytes], new: list[bytes]) -> list[Hunk]:
    matcher = difflib.SequenceMatcher(None, new, old)
    return [
        Hunk(start, end, old[old_start:old_end])
        for tag, start, end, old_start, old_end in matcher.get_opcodes()
        if tag != "equal"
    ]


def _places(applied: list[bytes], current: list[bytes]) -> dict[int, int]:
    """Map the number of each unchanged line to its current number.

    The positions before the first line and after the last line are mapped, too.
    """
    places = {-1: -1}
    matcher = difflib.SequenceMatcher(None, applied, current)
    for old, new, size in matcher.get_matching_blocks():
        places.update({old + number: new + number for number in range(size)})
    places[len(applied)] = len(current)
    return places


def _lacks_import(path: str, applied: bytes, merged: bytes) -> bool:
    """Return whether the merged code uses a name that only the applied edits imported.

    If a version can't be parsed, the answer is True.
    """
    try:
        old, new = (Source.from_bytes(path, text).tree for text in (applied, merged))
    except SourceError:
        return True
    removed = _imported_names(old) - _imported_names(new)
    return any(isinstance(node, ast.Name) and node.id in removed for node in ast.walk(new))


def _imported_names(tree: ast.Module) -> set[str]:
    return {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
