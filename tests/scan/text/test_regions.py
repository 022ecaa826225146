from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from shield_ai.scan.text.regions import Region, finditer_in, whole

WORD = re.compile(rb"a+b?")


@given(st.text("abc", max_size=40))
def test_of_the_whole_finds_what_finditer_does(text: str) -> None:
    raw = text.encode()
    assert [m.span() for m in finditer_in(WORD, raw, whole(raw))] == [
        m.span() for m in WORD.finditer(raw)
    ]


def test_what_begins_in_a_region_may_end_behind_it() -> None:
    raw = b"c" * 8 + b"aaaab" + b"aab"
    regions = [Region(0, 10, 16), Region(10, 16, 16)]
    assert [m[0] for m in finditer_in(WORD, raw, regions)] == [b"aaaab", b"aab"]


def test_what_begins_behind_a_region_is_another_ones() -> None:
    assert not list(finditer_in(WORD, b"ccab", [Region(0, 2, 4)]))
