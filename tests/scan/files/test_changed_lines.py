from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.scan.files.changed_lines import changed_lines

LINES = st.lists(st.sampled_from([b"a", b"b", b"c", b""]), max_size=8)


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        pytest.param(b"a\nb\n", b"a\nb\n", set(), id="equal"),
        pytest.param(b"a\nb\n", b"a\nx\nb\n", {2}, id="added"),
        pytest.param(b"a\nb\n", b"a\nB\n", {2}, id="changed"),
        pytest.param(b"a\nb\n", b"b\n", set(), id="removed"),
        pytest.param(b"a\nb\n", b"b\na\n", set(), id="moved"),
        pytest.param(b"a\n", b"a\na\n", {2}, id="copied"),
        pytest.param(b"a\n", b"a", set(), id="no newline at the end"),
        pytest.param(b"a\nb\n", b"a\r\nb\r\n", set(), id="other line endings"),
        pytest.param(None, b"a\n", None, id="new file"),
        pytest.param(b"a\n", b"a\rb\n", None, id="lone carriage return"),
        pytest.param(b"a\n", "a\n".encode("utf-16"), None, id="UTF-16"),
    ],
)
def test_changed_lines(old, new, changed):
    assert changed_lines(old, new) == changed


@given(LINES, LINES)
def test_unchanged_lines_were_in_the_old_version(old, new):
    found = changed_lines(b"\n".join(old), b"\n".join(new))
    unchanged = [line for number, line in enumerate(new, start=1) if number not in found]
    for line in set(unchanged):
        assert unchanged.count(line) <= old.count(line) + (line == b"")


def test_all_lines_of_a_large_file_count(monkeypatch):
    monkeypatch.setattr("shield_ai.scan.files.changed_lines.MAX_SIZE", 3)
    assert changed_lines(b"a\n", b"a\nb\n") is None
