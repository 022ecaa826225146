"""Find the sections of a requirements file, below comments such as "# Testing"."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.rewrite.project.dependencies.requirement_lines import RequirementLine

# A comment at the start of the file, or below an empty line.
HEADING = regex(rb"(?:\A|\n[ \t]{0,40}\r?\n)[ \t]{0,40}#([^\n]{0,200})")
PARAGRAPHS = regex(rb"\n[ \t]{0,40}\r?\n")
MOST_WORDS = 6  # of a heading; a longer comment describes the requirement below it
DEVELOPMENT = word_set("""
    DEV DEVELOPMENT TEST TESTS TESTING DEBUG DEBUGGING LINT LINTERS LINTING FORMATTERS FORMATTING
    DOCS DOCUMENTATION LOCAL CI QA
""")


def end_of_production(raw: bytes, lines: Sequence[RequirementLine]) -> int | None:
    """Return the offset below the last requirement of production.

    Args:
        raw: The file.
        lines: Its requirements.

    Returns:
        None if the last section is not for development, or if all sections are.
    """
    headings = list(HEADING.finditer(raw))
    starts = [match.end() for match in headings]
    end: int | None = None
    is_development = False
    for line in lines:
        number = bisect.bisect_right(starts, line.start)
        is_development = number > 0 and _is_for_development(headings[number - 1][1])
        if not is_development:
            end = line.end
    return end if is_development else None


def ends_with_section(raw: bytes) -> bool:
    """Return whether the last of several paragraphs of a file starts with a comment."""
    *others, last = PARAGRAPHS.split(raw.strip())
    return bool(others) and last.lstrip().startswith(b"#")


def _is_for_development(heading: bytes) -> bool:
    parts = words(heading.decode("utf-8", "replace").strip())
    return len(parts) <= MOST_WORDS and not DEVELOPMENT.isdisjoint(parts)
