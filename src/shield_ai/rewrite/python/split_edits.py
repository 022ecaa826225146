"""Split edits around the strings that they keep: a plan must not contain values from the code.

If a call is broken into lines differently from the read that it replaces, the edit contains the
whole call, with the default of the read, which can be a secret. The default is already in the file,
so the split edits leave it in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.project.python_source import Source

# Strings with their quotes, comments and numbers. In an f-string, a string of one kind can be
# inside one of the other.
TEXTS = (
    regex(r"\"{3}[^\0]*?\"{3}|\"(?:[^\"\\\n]|\\.)+\""),
    regex(r"'{3}[^\0]*?'{3}|'(?:[^'\\\n]|\\.)+'"),
    regex(r"\#[^\n]*|\d{5,}"),
)
MIN_LENGTH = 4  # characters of a string that is searched for without its quotes


def split_edits(source: Source, edits: Iterable[Edit]) -> list[Edit]:
    """Return edits with the same result that do not replace a string, number or comment by itself.

    Args:
        source: The file.
        edits: Its edits.
    """
    return [part for edit in edits for part in _split(source, edit)]


def _split(source: Source, edit: Edit) -> Iterator[Edit]:
    old = source.raw[edit.start : edit.end].decode(source.encoding)
    at = done = 0  # in the old text, and in the replacement
    matches = [match for pattern in TEXTS for match in pattern.finditer(old)]
    for match in sorted(matches, key=lambda match: match.start()):
        start, end = match.span()
        if start < at:
            continue
        found = edit.replacement.find(match[0], done)
        if found < 0 and end - start >= MIN_LENGTH + 2:  # with other quotes
            start, end = start + 1, end - 1
            found = edit.replacement.find(old[start:end], done)
        if found >= 0:
            yield from _part(source, edit, old, (at, start), edit.replacement[done:found])
            at, done = end, found + end - start
    yield from _part(source, edit, old, (at, len(old)), edit.replacement[done:])


def _part(source: Source, edit: Edit, old: str, span: tuple[int, int], text: str) -> Iterator[Edit]:
    """Yield the edit of a part of the old text, unless it keeps the part."""
    start, end = span
    if old[start:end] == text:
        return
    first = edit.start + len(old[:start].encode(source.encoding))
    last = first + len(old[start:end].encode(source.encoding))
    yield Edit(path=edit.path, start=first, end=last, replacement=text)
