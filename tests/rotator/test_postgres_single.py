from __future__ import annotations

import pytest
from bed import PostgresBed

NAMES = [
    pytest.param("x WITH SUPERUSER --", id="SQL injection"),
    pytest.param("CoCo", id="capitals"),
    pytest.param("select", id="a keyword"),
    pytest.param("coco user", id="a space"),
    pytest.param('a"b', id="a double quote"),
    pytest.param("a'b", id="a quote"),
    pytest.param("käse\N{CHEESE WEDGE}", id="an emoji"),
    pytest.param("back\\slash\\", id="a backslash"),
    pytest.param("n" * 63, id="the longest"),
]


@pytest.fixture
def bed(aws, postgres):
    bed = PostgresBed(aws, postgres, "single-user")
    yield bed
    bed.remove()


def test_rotates(bed):
    old = bed.document()
    bed.rotate()
    assert not bed.can_log_in(old)
    assert bed.document() == {**old, "password": bed.document()["password"]}
    bed.assert_access()


@pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])
@pytest.mark.parametrize("name", NAMES)
def test_names(aws, postgres, name, strategy):
    bed = PostgresBed(aws, postgres, strategy, user=name)
    try:
        for _ in range(3):
            bed.rotate()
            bed.assert_access()
    finally:
        bed.remove()
