from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.finding import Confidence, Severity
from shield_ai.scan.rules import pattern
from shield_ai.scan.text.hits import Hit, drop_repeated, remove_overlaps


def hit(rank: int, start: int, size: int) -> Hit:
    rule = pattern.credential_pattern().rules[0]
    return Hit(rule, "", start, start + size, Severity.LOW, Confidence.LOW, rank)


@given(st.lists(st.builds(hit, st.integers(0, 3), st.integers(0, 60), st.integers(1, 20))))
def test_overlaps_are_removed_as_by_comparing_all_pairs(hits: list[Hit]) -> None:
    expected: list[Hit] = []
    for candidate in sorted(hits, key=lambda hit: (hit.rank, hit.start)):
        if not any(candidate.start < kept.end and kept.start < candidate.end for kept in expected):
            expected.append(candidate)
    assert remove_overlaps(hits) == sorted(expected, key=lambda hit: hit.start)


def test_a_name_and_a_value_are_reported_once_per_line() -> None:
    raw = b"a=1 b=1 a=1\na=1"
    hits = [
        hit(0, start, 1)._replace(name=raw[start - 2 : start - 1].decode())
        for start in (2, 6, 10, 14)
    ]
    assert [kept.start for kept in drop_repeated(hits, raw)] == [2, 6, 14]
