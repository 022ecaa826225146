"""Find which of many keywords are in a text.

A text with a keyword has a word that contains the longest word of the keyword. Only the words of a
text are searched, and each distinct word once in a scan, because the files of a project share most
of their words. A keyword without a long word is searched in the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.scan.text.start_search import lower_case

if TYPE_CHECKING:
    from collections.abc import Iterable

# In words, each letter is in lower case. Every other byte is a space, which separates words.
WORD_BYTES = re.sub(rb"[^a-z0-9_.-]", b" ", bytes(range(256)).lower())
START_SIZE = 3  # bytes; shorter words are part of too many others
CHUNK_SIZE = 1_000_000  # bytes; limits the memory for the words of a text
RARE_CHARACTERS = b"$~|*"  # in texts
MAX_KNOWN = 8_000_000  # bytes of the words to remember


class KeywordSearch:
    """Search texts for keywords.

    Args:
        keywords: The keywords, in lower case.
    """

    def __init__(self, keywords: Iterable[bytes]) -> None:
        self._keywords: dict[bytes, list[bytes]] = {}  # by the longest word
        self._without_word: list[tuple[bytes, bytes]] = []  # a rare character and the keyword
        self._overlap = 0
        for keyword in keywords:
            word = max(keyword.translate(WORD_BYTES).split(), key=len, default=b"")
            if len(word) < START_SIZE:
                self._without_word.append((_rare_character(keyword), keyword))
            else:
                self._keywords.setdefault(word, []).append(keyword)
            self._overlap = max(self._overlap, len(keyword))
        self._by_start: dict[bytes, list[bytes]] = {}  # the words of keywords
        for word in self._keywords:
            self._by_start.setdefault(word[:START_SIZE], []).append(word)
        self._starts = set(self._by_start)
        # Of each word of a text, those words of keywords that are part of it.
        self._known: dict[bytes, tuple[bytes, ...]] = {}
        self._known_size = 0

    def find(self, raw: bytes) -> set[bytes]:
        """Return the keywords in a text, which may be in upper case there.

        Args:
            raw: The text.
        """
        lower = lower_case(raw)
        words = self._find_words(raw)
        candidates = [keyword for character, keyword in self._without_word if character in lower]
        for word in words:
            candidates += self._keywords[word]
        return {keyword for keyword in candidates if keyword in words or keyword in lower}

    def _find_words(self, raw: bytes) -> set[bytes]:
        """Return the words of keywords that are part of a word of a text."""
        found: set[bytes] = set()
        for start in range(0, len(raw), CHUNK_SIZE):
            chunk = raw[start : start + CHUNK_SIZE + self._overlap]
            if self._known_size > MAX_KNOWN:
                self._known = {}
                self._known_size = 0
            words = set(chunk.translate(WORD_BYTES).split())
            for word in words.difference(self._known):
                self._known[word] = self._find_parts(word)
                self._known_size += len(word)
            found.update(*[self._known[word] for word in words])
        return found

    def _find_parts(self, word: bytes) -> tuple[bytes, ...]:
        """Return the words of keywords that are part of a word."""
        starts = {word[at : at + START_SIZE] for at in range(len(word) - START_SIZE + 1)}
        starts &= self._starts
        return tuple(part for start in starts for part in self._by_start[start] if part in word)


def _rare_character(keyword: bytes) -> bytes:
    """Return a rare character of a keyword; empty if it has none."""
    return next((bytes([value]) for value in keyword if value in RARE_CHARACTERS), b"")
