from __future__ import annotations

import string

import pytest

from shield_ai.rewrite.project.dependencies.sorted_position import sorted_position

LETTERS = [letter * 3 for letter in string.ascii_lowercase]


@pytest.mark.parametrize(
    ("names", "position"),
    [
        pytest.param(LETTERS, 2, id="sorted"),
        pytest.param(LETTERS[:2] + LETTERS[8:] + LETTERS[2:8], 2, id="many, six misplaced"),
        pytest.param(LETTERS[:2] + LETTERS[11:] + LETTERS[2:11], None, id="many, nine misplaced"),
        pytest.param(["aaa", "ccc", "ddd", "eee", "bbb"], None, id="few, one misplaced"),
        pytest.param(["aaa", "ccc"], None, id="too few"),
    ],
)
def test_position_in_a_list_that_is_mostly_sorted(names, position):
    assert sorted_position(names, "boto3") == position
