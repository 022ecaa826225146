from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.finding import Confidence, Severity
from shield_ai.scan.rules import pattern
from shield_ai.scan.text.hits import Hit, remove_overlaps


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
