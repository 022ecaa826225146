from __future__ import annotations

from pathlib import Path

import pytest

from shield_ai.scan.files.file_filter import PATTERNS
from shield_ai.scan.text.pattern_search import find_all, has_match

FOLDER = Path(__file__).parents[1]  # its files have many kinds of reads


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    return [path.read_bytes() for path in FOLDER.rglob("*.py")]


@pytest.mark.parametrize("name", PATTERNS)
def test_same_matches_as_finditer(name: str, files: list[bytes]) -> None:
    pattern = PATTERNS[name]
    for raw in files:
        spans = [match.span() for match in pattern.finditer(raw)]
        assert [match.span() for match in find_all(pattern, raw)] == spans
        assert has_match(pattern, raw) == bool(spans)
