"""Split edits around the strings that they keep: a plan must not contain values from the code.

If a call is broken into lines differently from the read that it replaces, the edit contains the
whole call, with the default of the read, which can be a secret. The default is already in the file,
so the split edits leave it in place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.project.python_source import Source

# A string with its quotes, a comment or a number. The end of the text can be inside a string.
TEXT = regex(
    r"\"{3}(?:[^\\]|\\.)*?(?:\"{3}|\Z)|'{3}(?:[^\\]|\\.)*?(?:'{3}|\Z)"
    r"|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?|\#[^\n]*|\d{5,}",
    re.DOTALL,
)
# A part of a string that is the same with other quotes, or if an expression in an f-string changes.
PART = regex(r"[^\s{}\"'\\][^{}\"'\\\n]{3,}")
EMPTY = ('""', "''")


def split_edits(source: Source, edits: Iterable[Edit]) -> list[Edit]:
    """Return equivalent edits that leave unchanged strings, comments and long numbers in place.

    Args:
        source: The file.
        edits: Its edits.
    """
    return [part for edit in edits for part in _split(source, edit)]


def _split(source: Source, edit: Edit) -> Iterator[Edit]:
    old = source.raw[edit.start : edit.end].decode(source.encoding)
    new = edit.replacement
    old_end = new_end = 0
    for text in TEXT.finditer(old):
        texts = [text]
        if text[0] in EMPTY or new.find(text[0], new_end) < 0:
            texts = [*PART.finditer(old, *text.span())]
        for kept in texts:
            found = new.find(kept[0], new_end)
            if found >= 0:
                yield from _part(source, edit, old, (old_end, kept.start()), new[new_end:found])
                old_end, new_end = kept.end(), found + len(kept[0])
    yield from _part(source, edit, old, (old_end, len(old)), new[new_end:])


def _part(source: Source, edit: Edit, old: str, span: tuple[int, int], text: str) -> Iterator[Edit]:
    """Yield the edit of a part of the old text, unless it keeps the part."""
    start, end = span
    if old[start:end] == text:
        return
    first = edit.start + len(old[:start].encode(source.encoding))
    last = first + len(old[start:end].encode(source.encoding))
    yield Edit(path=edit.path, start=first, end=last, replacement=text)
