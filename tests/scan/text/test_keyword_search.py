from __future__ import annotations

import random

import pytest

from shield_ai.scan.rules.pattern import credential_pattern
from shield_ai.scan.text import keyword_search as module
from shield_ai.scan.text.keyword_search import KeywordSearch

KEYWORDS = sorted(
    {word.encode() for rule in credential_pattern().rules for word in rule.keywords or rule.context}
)


def contained(text: bytes) -> set[bytes]:
    lower = text.lower()
    return {keyword for keyword in KEYWORDS if keyword in lower}


@pytest.mark.parametrize("sep", [b"", b" ", b"\n", b"a", b"-", b"\xff"])
def test_finds_every_keyword_next_to_any_text(sep: bytes) -> None:
    search = KeywordSearch(KEYWORDS)
    for keyword in KEYWORDS:
        for text in (keyword, keyword.upper()):
            assert keyword in search.find(b"x" + sep + text + sep + b"y")


def test_finds_what_a_plain_search_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare random texts, with short chunks and few known words."""
    monkeypatch.setattr(module, "CHUNK_SIZE", 64)
    monkeypatch.setattr(module, "MAX_KNOWN", 500)
    generator = random.Random(1)  # the same texts each time
    search = KeywordSearch(KEYWORDS)
    for _ in range(300):
        words = generator.choices(KEYWORDS, k=12)
        cut = [word[generator.randrange(3) :] for word in words]
        text = b"".join(word + generator.choice([b"", b" ", b"_", b"="]) for word in cut)
        assert search.find(text) == contained(text)


def test_keywords_with_other_bytes() -> None:
    search = KeywordSearch(["ключ".encode(), b"", b"a b", b"\0"])
    assert search.find("мой ключ".encode()) == {"ключ".encode(), b""}
    assert search.find(b"a b\0") == {b"a b", b"\0", b""}
