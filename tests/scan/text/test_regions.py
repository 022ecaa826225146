from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.scan.text.regions import Region, finditer_in, finditer_overlapping, whole_file_region

WORD = re.compile(rb"a+b?")


@given(st.text("abc", max_size=40))
def test_whole_region_gives_the_matches_of_finditer(text: str) -> None:
    raw = text.encode()
    assert [m.span() for m in finditer_in(WORD, raw, whole_file_region(raw))] == [
        m.span() for m in WORD.finditer(raw)
    ]


def test_match_may_end_after_its_region() -> None:
    raw = b"c" * 8 + b"aaaab" + b"aab"
    regions = [Region(0, 10, 16), Region(10, 16, 16)]
    assert [m[0] for m in finditer_in(WORD, raw, regions)] == [b"aaaab", b"aab"]


def test_match_after_a_region_belongs_to_the_next_one() -> None:
    assert not list(finditer_in(WORD, b"ccab", [Region(0, 2, 4)]))


class CountingPattern:
    """Counts the bytes that a pattern searches."""

    def __init__(self, pattern):
        self.pattern = re.compile(pattern)
        self.searched = 0

    def search(self, raw, start, end):
        match = self.pattern.search(raw, start, end)
        self.searched += (match.end() if match else end) - start
        return match


def windows(starts, width, reach):
    return [Region(start, start + width, start + reach) for start in starts]


@pytest.mark.parametrize(
    "regions",
    [
        pytest.param([], id="none"),
        pytest.param(windows([0], 2000, 2000), id="whole"),
        pytest.param(windows(range(0, 1900, 7), 3, 100), id="overlapping"),
        pytest.param(windows(range(0, 1900, 150), 3, 100), id="apart"),
        pytest.param(windows([*range(0, 300, 7), *range(900, 1000, 3)], 30, 60), id="two groups"),
        pytest.param([Region(0, 400, 410), Region(5, 9, 60), Region(100, 101, 700)], id="nested"),
    ],
)
def test_overlapping_regions_have_the_same_matches(regions):
    raw = b"".join(b"%d<%d>" % (i, i * 7919 % 1000) for i in range(250))
    pattern = re.compile(rb"<\d+>|\d1")
    expected = [match.span() for match in finditer_in(pattern, raw, regions)]
    assert [match.span() for match in finditer_overlapping(pattern, raw, regions)] == expected


@pytest.mark.parametrize("pattern", [rb"never", rb"b{3}"])
def test_overlapping_regions_are_searched_about_once(pattern):
    raw = (b"a" * 97 + b"bbb") * 1000
    counting = CountingPattern(pattern)
    list(finditer_overlapping(counting, raw, windows(range(0, 99_000, 20), 5, 900)))
    assert counting.searched < 3 * len(raw)
