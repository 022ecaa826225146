"""Align the columns of Markdown tables as Prettier does: many projects check it in CI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    import re

TABLE = regex(r"(?m)(?:^\|.*\|$\n?)+")
CELL_END = regex(r"(?<!\\)\|")
MIN_DASHES = 3


def align_tables(text: str) -> str:
    """Return a document with aligned columns in each table.

    Args:
        text: Markdown. The second line of a table has only dashes.
    """
    return TABLE.sub(_aligned, text)


def _aligned(table: re.Match[str]) -> str:
    rows = [_cells(line) for line in table[0].splitlines()]
    if len({len(row) for row in rows}) != 1:
        return table[0]
    titles, _, *others = rows
    columns = zip(titles, *others, strict=True)
    widths = [max(MIN_DASHES, *map(len, column)) for column in columns]
    delimiters = ["-" * width for width in widths]
    lines = [titles, delimiters, *others]
    aligned = [_line(line, widths) for line in lines]
    return "\n".join(aligned) + ("\n" if table[0].endswith("\n") else "")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in CELL_END.split(line)[1:-1]]


def _line(cells: list[str], widths: list[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    return f"| {' | '.join(padded)} |"
