"""Find where a file may read a configuration, before its syntax tree is searched."""

from __future__ import annotations

from shield_ai.scan.files.file_filter import CONFIG_READ
from shield_ai.scan.python.config.statements import Lines
from shield_ai.scan.text.line_index import line_numbers
from shield_ai.scan.text.pattern_search import find_all, has_match


def may_read_config(raw: bytes) -> bool:
    """Return whether a file may read a configuration."""
    return has_match(CONFIG_READ, raw)


def lines_with_reads(raw: bytes) -> Lines:
    """Return the lines of a file that may read a configuration."""
    ends = (match.end() for match in find_all(CONFIG_READ, raw))
    return Lines(line_numbers(raw, ends))
