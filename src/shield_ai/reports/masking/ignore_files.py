"""Find the lines of files such as .dockerignore that can't contain a secret: paths of words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.reports.masking.comments import is_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    Span = tuple[int, int]

IGNORE_FILE = regex(r"(?:^|/)\.[a-z]{2,20}ignore$")
WORD = r"(?:[A-Z]?[a-z]{1,20}|[A-Z]{2,12})"
# Words between the separators and wildcards of a pattern, without numbers.
PATTERN = regex(rf"(?m)^!?[./*?]{{0,6}}{WORD}(?:[-_./*?]{{1,4}}{WORD}){{0,12}}[/*]{{0,3}}\r?$")
LETTERS = regex(r"[A-Za-z]+")


def harmless_patterns(raw: bytes) -> Iterator[Span]:
    """Yield the byte spans of lines that can't contain a secret."""
    for match in PATTERN.finditer(raw.decode("latin-1")):
        if all(map(is_word, LETTERS.findall(match[0]))):
            yield match.span()
