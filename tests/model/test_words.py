from __future__ import annotations

import pytest

from shield_ai.model.words import words


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("DB_PASSWORD", ("DB", "PASSWORD")),
        ("dbPassword", ("DB", "PASSWORD")),
        ("S3Key-id2", ("S", "3", "KEY", "ID", "2")),
    ],
)
def test_words(name, parts):
    assert words(name) == parts
