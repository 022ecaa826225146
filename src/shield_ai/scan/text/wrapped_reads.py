"""Remove the get_secret() calls around reads of variables, which move nearby lines apart.

A default is graded by the lines around it, and must get the same grade after `shield apply`, which
turns `env("NAME", "shop")` into `get_secret("name", lambda: env("NAME", "shop"))`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from shield_ai.model.finding import Finding

WRAPPED_LINES = 24  # lines before and after a value; a wrapped read has up to six
MAX_LINE = 1000  # characters; longer lines are not written by hand
BEGINNING = regex(r"\b[\w.]{1,60}\(\s*(?:\"[\w:./-]+\"|'[\w:./-]+'),\s*lambda:\s*(?:\(\s*)?")
END = regex(r"(?:,\s*(?:key|env)=(?:\"[^\"\n]*\"|'[^'\n]*')){0,2},?\n[ \t]*\)")


def unwrap_reads(finding: Finding, lines: list[str]) -> tuple[Finding, list[str]]:
    """Return a finding in Python code and the lines around it, without the calls around reads.

    Args:
        finding: The finding, inside the lines.
        lines: The lines of its file.
    """
    first = max(0, finding.line - 1 - WRAPPED_LINES)
    around = lines[first : finding.end_line + WRAPPED_LINES]
    is_wrapped = any("lambda:" in line for line in around)
    if not is_wrapped or any(len(line) > MAX_LINE for line in around):
        return finding, lines
    above, value, below = _split(finding, around, first)
    above, below = _unwrap(above), _unwrap(below)
    line, column = _end(above)
    end_line, end_column = _end(above + value)
    moved = msgspec.structs.replace(
        finding, line=line, column=column, end_line=end_line, end_column=end_column
    )
    return moved, (above + value + below).split("\n")


def _split(finding: Finding, around: list[str], first: int) -> tuple[str, str, str]:
    """Return the text before a value, the value, and the text after it."""
    at, end = finding.line - 1 - first, finding.end_line - 1 - first
    text = "\n".join(around)
    start = sum(len(line) + 1 for line in around[:at]) + finding.column - 1
    stop = sum(len(line) + 1 for line in around[:end]) + finding.end_column - 1
    return text[:start], text[start:stop], text[stop:]


def _unwrap(text: str) -> str:
    return END.sub("", BEGINNING.sub("", text))


def _end(text: str) -> tuple[int, int]:
    """Return the line and the column after a text."""
    return text.count("\n") + 1, len(text.rpartition("\n")[2]) + 1
