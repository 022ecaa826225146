from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from shield_ai.scan.text.regions import Region, finditer_in, whole

WORD = re.compile(rb"a+b?")


@given(st.text("abc", max_size=40))
def test_whole_region_gives_the_matches_of_finditer(text: str) -> None:
    raw = text.encode()
    assert [m.span() for m in finditer_in(WORD, raw, whole(raw))] == [
        m.span() for m in WORD.finditer(raw)
    ]


def test_match_may_end_after_its_region() -> None:
    raw = b"c" * 8 + b"aaaab" + b"aab"
    regions = [Region(0, 10, 16), Region(10, 16, 16)]
    assert [m[0] for m in finditer_in(WORD, raw, regions)] == [b"aaaab", b"aab"]


def test_match_after_a_region_belongs_to_the_next_one() -> None:
    assert not list(finditer_in(WORD, b"ccab", [Region(0, 2, 4)]))
