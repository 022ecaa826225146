from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scaling import assert_linear

from shield_ai.scan.text.changed_region import (
    CONTEXT,
    MAX_KEPT,
    PreviousVersions,
    changed_region,
)

LINES = [b"line %d of a file\n" % number for number in range(1000)]
TEXT = b"".join(LINES)
CHANGED = b"a line that differs\n"


@pytest.mark.parametrize(
    ("previous", "raw", "changed"),
    [
        pytest.param(TEXT, b"".join([*LINES[:500], CHANGED, *LINES[501:]]), CHANGED, id="changed"),
        pytest.param(TEXT, b"".join([*LINES[:500], CHANGED, *LINES[500:]]), CHANGED, id="added"),
        pytest.param(TEXT, TEXT + CHANGED, CHANGED, id="at the end"),
        pytest.param(TEXT, CHANGED + TEXT, CHANGED, id="at the start"),
        pytest.param(TEXT, b"".join([*LINES[:500], *LINES[501:]]), b"", id="removed"),
        pytest.param(b"", TEXT, TEXT, id="of an empty file"),
        pytest.param(TEXT, b"", b"", id="emptied"),
        pytest.param(b"aXa", b"aXaXa", b"aXaXa", id="repeated text"),
    ],
)
def test_region_contains_the_change_and_its_context(previous, raw, changed):
    region = changed_region(previous, raw)
    part = raw[region.start : region.stop]
    assert changed in part
    assert len(part) <= len(changed) + 4 * CONTEXT
    assert region.start == 0 or raw[region.start - 1 : region.start] == b"\n"


@pytest.mark.parametrize("mark", [b"BEGIN", b"END"])
def test_a_changed_mark_of_a_key_has_a_larger_context(mark):
    changed = b"".join([*LINES[:500], b"-----%s PRIVATE KEY-----\n" % mark, *LINES[500:]])
    region = changed_region(TEXT, changed)
    assert region == (0, len(changed), len(changed))


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=300), st.binary())
def test_the_rest_is_the_same(start, end, old, new):
    """With the context removed, the text around the region is that of the previous version."""
    start, end = start * 20, end * 20
    previous, raw = start + old + end, start + new + end
    region = changed_region(previous, raw)
    tail = len(raw) - region.stop
    assert raw[: region.start] == previous[: region.start]
    assert not tail or raw[region.stop :] == previous[-tail:]
    assert region.start + tail <= len(previous)


def test_the_oldest_versions_are_dropped():
    versions = PreviousVersions()
    size = MAX_KEPT // 2
    assert versions.replace("a", b"a" * size) is None
    assert versions.replace("a", b"b" * size) == b"a" * size
    assert versions.replace("c", b"c" * size) is None
    assert versions.replace("d", b"d") is None  # drops a
    assert versions.replace("a", b"a") is None
    assert versions.replace("c", b"") == b"c" * size


def test_comparing_versions_takes_linear_time():
    def compare(size):
        changed_region(b"a" * size + b"b" + b"a" * size, b"a" * size + b"c" + b"a" * size)

    assert_linear(compare, 1_000_000)
