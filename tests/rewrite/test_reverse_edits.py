from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.rewrite.reverse_edits import reverse_edits

BEFORE = b"import os\n\nKEY = os.environ['KEY']\nDEBUG = False\nTOKEN = os.environ['TOKEN']\n"
APPLIED = (
    b"from app.secrets import get_secret\n\n"
    b"KEY = get_secret('key')\nDEBUG = False\nTOKEN = get_secret('token')\n"
)


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        pytest.param(APPLIED, BEFORE, id="no edit"),
        pytest.param(BEFORE, BEFORE, id="undone by hand"),
        pytest.param(
            APPLIED.replace(b"KEY = get_secret('key')", b"KEY = os.environ['KEY']"),
            BEFORE,
            id="one of them undone by hand",
        ),
        pytest.param(APPLIED + b"NAME = 1\n", BEFORE + b"NAME = 1\n", id="a new line at the end"),
        pytest.param(b"# x\n" + APPLIED, b"# x\n" + BEFORE, id="a new line at the start"),
        pytest.param(
            APPLIED.replace(b"DEBUG = False\n", b"DEBUG = False\nA = 1\nB = 2\nDEBUG_2 = 1\n"),
            BEFORE.replace(b"DEBUG = False\n", b"DEBUG = False\nA = 1\nB = 2\nDEBUG_2 = 1\n"),
            id="new lines beside an edit",
        ),
        pytest.param(
            APPLIED.replace(b"DEBUG = False", b"DEBUG = True"),
            BEFORE.replace(b"DEBUG = False", b"DEBUG = True"),
            id="a changed line beside",
        ),
        pytest.param(
            APPLIED.replace(b"'key'", b"'another-key'"), None, id="the edited line itself"
        ),
        pytest.param(b"", None, id="emptied"),
        pytest.param(
            APPLIED + b"\nNEW = get_secret('new')\n", None, id="new code needs the import"
        ),
        pytest.param(APPLIED + b"\nNEW = (\n", None, id="not Python any more"),
        pytest.param(APPLIED + b"# \n" * 6000, None, id="a large file"),
    ],
)
def test_hand_edits_are_kept_or_the_file_is_left(current, expected):
    assert reverse_edits("settings.py", BEFORE, APPLIED, current) == expected


def test_lines_that_were_removed_return_between_the_same_lines():
    before, applied = b"a\nremoved\nb\n", b"a\nb\n"
    assert reverse_edits("x", before, applied, b"a\nb\nc\n") == b"a\nremoved\nb\nc\n"
    assert reverse_edits("x", before, applied, b"a\nbetween\nb\n") is None


def test_a_file_that_was_large_before_is_left():
    large = b"# \n" * 6000
    assert reverse_edits("a.txt", large, large + b"a\n", b"a\nb\n") is None


def test_other_files_need_no_imports():
    before, applied = b"a\nb\nc\n", b"a\nb\nc\nnew\n"
    assert reverse_edits(".gitignore", before, applied, b"mine\n" + applied) == b"mine\n" + before


LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"\n", b"c\r\n", b"d"]), max_size=8)


@given(LINES, LINES)
def test_without_hand_edits_the_file_is_as_before(before, applied):
    old, new = b"".join(before), b"".join(applied)
    assert reverse_edits("a.txt", old, new, new) == old
    assert reverse_edits("a.txt", old, new, old) in (old, None)


@given(LINES, LINES, st.integers(0, 8))
def test_lines_added_by_hand_survive(before, applied, place):
    new = [*applied[:place], b"by hand\n", *applied[place:]]
    merged = reverse_edits("a.txt", b"".join(before), b"".join(applied), b"".join(new))
    if merged is not None:
        assert merged.replace(b"by hand\n", b"", 1) == b"".join(before)
