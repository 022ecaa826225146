"""Align the columns of tables in Markdown if the project formats it with Prettier.

Without Prettier they are not aligned, so that a new secret changes only one line.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.pre_commit import has_hook

if TYPE_CHECKING:
    import re

    from shield_ai.model.file_reader import FileReader

# https://prettier.io/docs/configuration
SCRIPTS = ("js", "ts", "mjs", "mts", "cjs", "cts")
CONFIGURATIONS = (
    ".prettierrc",
    *(f".prettierrc.{ending}" for ending in ("json", "json5", "yml", "yaml", "toml", *SCRIPTS)),
    *(f"prettier.config.{ending}" for ending in SCRIPTS),
)
PACKAGE = "package.json"
TRUNK = ".trunk/trunk.yaml"  # https://docs.trunk.io/code-quality/overview/cli/yaml-reference
TABLE = regex(r"(?m)(?:^\|.*\|$\n?)+")
CELL_END = regex(r"(?<!\\)\|")
MIN_DASHES = 3


def uses_prettier(read: FileReader) -> bool:
    """Return whether the project configures Prettier, or runs it with pre-commit or Trunk.

    Args:
        read: Returns the bytes of a file of the app.
    """
    if has_hook(read, "prettier") or _is_in_package(read(PACKAGE)):
        return True
    if b"prettier" in (read(TRUNK) or b""):
        return True
    return any(read(name) is not None for name in CONFIGURATIONS)


def _is_in_package(raw: bytes | None) -> bool:
    """Return whether a package.json configures Prettier."""
    try:
        package = json.loads(raw or b"")
    except (ValueError, RecursionError):
        return False
    return isinstance(package, dict) and "prettier" in package


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
