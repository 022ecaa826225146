"""Markdown tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def table(header: str, rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table; `header` has the column names, separated by " | "."""
    columns = header.split(" | ")
    lines = [_row(columns), _row(["---"] * len(columns))]
    lines.extend(_row([cell.replace("|", "\\|") for cell in row]) for row in rows)
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")
