"""Represent a rewritten line by cells, which know the positions of their characters in the file."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from shield_ai.rewrite.python.line_scanning import CLOSING, OPENING

NEW = -1


class Cell(NamedTuple):
    """One character of a rewritten line."""

    char: str
    origin: int  # its index in the original line, or NEW
    is_fixed: bool = False  # belongs to the wrapped expression, which is split only if necessary
    is_joined: bool = False  # belongs to joined lines, which are split like new text


class Insert(NamedTuple):
    """Text to insert around a part of a line, or to replace it."""

    start: int
    end: int
    before: str
    after: str
    replaces: bool = False


class Change(NamedTuple):
    """A part of the original line and the text that replaces it."""

    start: int
    end: int
    text: str


Cells = list[Cell]


def cells_text(cells: Cells) -> str:
    """Return the text of cells."""
    return "".join([cell.char for cell in cells])


def new_cells(text: str) -> Cells:
    """Return the cells of inserted text."""
    return [Cell(char, NEW) for char in text]


def has_new(cells: Cells) -> bool:
    """Return whether cells contain inserted or joined text."""
    return any(cell.origin == NEW or cell.is_joined for cell in cells)


def insert_texts(line: str, inserts: list[Insert]) -> Cells:
    """Return the cells of a line with the inserted texts in place."""
    outer = [insert for insert in inserts if not _is_nested(insert, inserts)]
    boundaries = {0, len(line)}
    for insert in inserts:
        boundaries |= {insert.start, insert.end}
    cells: Cells = []
    for at, following in pairwise([*sorted(boundaries), len(line)]):
        cells += _inserted_at(at, inserts)
        if not any(insert.replaces for insert in _inserts_covering(inserts, at)):
            is_fixed = bool(_inserts_covering(outer, at))
            cells += [Cell(line[n], n, is_fixed) for n in range(at, following)]
    return cells


def _inserted_at(at: int, inserts: list[Insert]) -> Cells:
    text = ""
    for insert in reversed(inserts):
        if insert.end == at and insert.start < at and not insert.replaces:
            text += insert.after
    for insert in inserts:
        if insert.start == at:
            text += insert.before
    return new_cells(text)


def _is_nested(insert: Insert, inserts: list[Insert]) -> bool:
    return any(
        other is not insert and other.start <= insert.start and insert.end <= other.end
        for other in inserts
    )


def _inserts_covering(inserts: list[Insert], at: int) -> list[Insert]:
    return [insert for insert in inserts if insert.start <= at < insert.end]


def diff(cells: Cells, length: int) -> list[Change]:
    """Return the differences between rewritten cells and the original line."""
    out: list[Change] = []
    at = 0
    text = ""
    for cell in [*cells, Cell("", length)]:
        if cell.origin == NEW:
            text += cell.char
            continue
        if text or cell.origin > at:
            out.append(Change(at, cell.origin, text))
        at = cell.origin + 1
        text = ""
    return out


def join(cells: Cells) -> Cells:
    """Replace each newline by a space, or by nothing inside an opening or closing bracket."""
    joined: Cells = []
    for line in cut_at(cells, [at for at, cell in enumerate(cells) if cell.char == "\n"]):
        part = [cell for cell in line if cell.char not in "\r\n"]
        part = strip(part)
        if not part:
            continue
        if joined and joined[-1].char not in OPENING and part[0].char not in CLOSING + ":":
            joined.append(Cell(" ", NEW, is_joined=True))
        joined += part
    return joined


def cut_at(cells: Cells, positions: list[int]) -> list[Cells]:
    """Cut cells at positions, and strip each part."""
    return [strip(cells[start:end]) for start, end in pairwise([0, *positions, len(cells)])]


def strip(cells: Cells) -> Cells:
    """Remove the spaces and tabs around cells."""
    start = 0
    end = len(cells)
    while start < end and cells[start].char in " \t":
        start += 1
    while end > start and cells[end - 1].char in " \t":
        end -= 1
    return cells[start:end]
