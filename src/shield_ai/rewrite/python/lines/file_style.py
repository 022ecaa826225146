"""Find the quotes and the indentation that a file uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shield_ai.project.python_source import Source


def file_quote(source: Source) -> str:
    """Return the quote character that a file uses most."""
    return most_used_quote(source.raw)


def most_used_quote(raw: bytes) -> str:
    """Return the quote character that code uses most."""
    return "'" if raw.count(b"'") > raw.count(b'"') else '"'


def indentation(line: str) -> tuple[str, str]:
    """Return the leading whitespace of a line and the whitespace of one level."""
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    step = "\t" if "\t" in indent else "    "
    return indent, step
