from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shield_ai.scan.text.line_index import LineIndex


@given(st.text("ab\né\ufeff"), st.sets(st.integers(0, 40)))
def test_positions_are_those_of_the_text_before(text: str, offsets: set[int]) -> None:
    raw = text.encode()
    ends = [len(text[:at].encode()) for at in range(len(text) + 1)]
    index = LineIndex(raw)
    for at in sorted(offset for offset in ends if offset in offsets):
        before = raw[:at].decode("utf-8-sig")
        line_start = before.rfind("\n") + 1
        assert index.position(at) == (before.count("\n") + 1, len(before) - line_start + 1)
