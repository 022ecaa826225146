from __future__ import annotations

import pytest

from shield_ai.model.plurals import count


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "file", "0 files"),
        (1, "file", "1 file"),
        (1024, "file", "1,024 files"),
        (2, "repository", "2 repositories"),
        (2, "process", "2 processes"),
        (1, "process", "1 process"),
        (2, "key", "2 keys"),
        (2, "branch", "2 branches"),
        (2, "hash", "2 hashes"),
    ],
)
def test_count(number, noun, text):
    assert count(number, noun) == text
