"""Write a requirement as nearly all other lines of a requirements file are written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMENT = "# AWS Secrets Manager client"
MIN_LINES = 3  # fewer can have a form by chance
MIN_SHARE = 0.85
VERSION = regex(r"[^#;]*[<>=~@]")
COMMENT_START = regex(r"[^#]*\s(?=#)")


def in_style_of(others: Sequence[str], requirement: str, text: str) -> str:
    """Return a requirement without a version, or with an aligned comment, as nearly all others.

    Args:
        others: The other requirements, with their comments.
        requirement: The name, with extras.
        text: The requirement with a version.
    """
    with_version = sum(VERSION.match(other) is not None for other in others)
    if _is_nearly_all(len(others) - with_version, others):
        text = requirement
    columns = Counter(len(found[0]) for found in map(COMMENT_START.match, others) if found)
    column, number = max(columns.items(), key=lambda item: item[1], default=(0, 0))
    if _is_nearly_all(number, others):
        return f"{text:<{column - 1}} {COMMENT}"
    return text


def _is_nearly_all(number: int, lines: Sequence[str]) -> bool:
    return len(lines) >= MIN_LINES and number >= MIN_SHARE * len(lines)
