from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.rewrite.project.stamp import (
    State,
    body_of,
    read_stamp,
    stamp,
)


@pytest.mark.parametrize("kind", ["py", "md"])
@given(body=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")))
def test_stamped_is_ours_whatever_git_does_to_line_ends(kind, body):
    text = stamp("docs", kind, body, "1.2")
    assert read_stamp(text.encode(), "docs") == (State.OURS, "1.2")
    assert read_stamp(text.replace("\n", "\r\n").encode(), "docs") == (State.OURS, "1.2")
    assert body_of(text.encode()) == body


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        pytest.param(None, State.ABSENT, id="absent"),
        pytest.param(stamp("docs", "md", "a\n").encode(), State.OURS, id="ours"),
        pytest.param(stamp("docs", "md", "a\n").encode() + b"b", State.EDITED, id="edited"),
        pytest.param(
            stamp("tests", "py", "a\n").encode(), State.FOREIGN, id="another of our files"
        ),
        pytest.param(b"", State.FOREIGN, id="empty"),
        pytest.param(
            b"\n" + stamp("docs", "md", "a\n").encode(), State.FOREIGN, id="not in the first line"
        ),
        pytest.param(b"\xff\xfe\x00", State.FOREIGN, id="binary"),
    ],
)
def test_look_tells_whose_a_file_is(raw, state):
    assert read_stamp(raw, "docs")[0] is state
