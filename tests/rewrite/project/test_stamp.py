from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.rewrite.project.stamp import (
    State,
    body_of,
    header_of,
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
        pytest.param(b"a\n" + stamp("docs", "md", "a\n").encode(), State.FOREIGN, id="below text"),
        pytest.param(
            b"<!-- License\r\n\r\n<!-- -->\n" + stamp("docs", "md", "a\n").encode(),
            State.OURS,
            id="below comments",
        ),
        pytest.param(
            stamp("docs", "md", "a\n").replace("\n", "\rimport os\n", 1).encode(),
            State.FOREIGN,
            id="another line in that of the stamp",
        ),
        pytest.param(b"\xff\xfe\x00", State.FOREIGN, id="binary"),
    ],
)
def test_look_tells_whose_a_file_is(raw, state):
    assert read_stamp(raw, "docs")[0] is state


@pytest.mark.parametrize(
    ("header", "state"),
    [
        pytest.param("# SPDX-License-Identifier: MIT\n\n# -*- coding: utf-8 -*-\n", State.OURS, id="license"),
        pytest.param("# a\rimport os\n", State.FOREIGN, id="line break"),
        pytest.param("# coding=utf-7\n", State.FOREIGN, id="encoding"),
        pytest.param("# coding: utf-8-sig\n", State.FOREIGN, id="similar encoding"),
        pytest.param("import os  # a\n", State.FOREIGN, id="code"),
    ],
)  # fmt: skip
def test_header_can_only_have_comments(header, state):
    raw = (header + stamp("tests", "py", "a\n")).encode()
    assert read_stamp(raw, "tests")[0] is state
    assert header_of(raw) == (header if state is State.OURS else "")
    assert state is State.FOREIGN or body_of(raw) == "a\n"
