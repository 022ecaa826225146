from __future__ import annotations

import pytest
from fixer_helpers import is_subsequence, run
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.rewrite.project.file_edits import append_lines, encoding_problem, single_line


@pytest.mark.parametrize(
    ("raw", "gap", "after"),
    [
        pytest.param(None, True, b"x\n", id="new file"),
        pytest.param(b"", True, b"x\n", id="empty file"),
        pytest.param(b"a\n", False, b"a\nx\n", id="no gap"),
        pytest.param(b"a\n", True, b"a\n\nx\n", id="gap"),
        pytest.param(b"a\n\n", True, b"a\n\nx\n", id="existing gap"),
        pytest.param(b"a", False, b"a\nx\n", id="no final newline"),
        pytest.param(b"a", True, b"a\n\nx\n", id="no final newline, gap"),
        pytest.param(b"a\r\nb\r\n", False, b"a\r\nb\r\nx\r\n", id="crlf"),
        pytest.param(b"a\r\n\r\n", True, b"a\r\n\r\nx\r\n", id="crlf, existing gap"),
        pytest.param(b"a\r\nb", True, b"a\r\nb\r\n\r\nx\r\n", id="crlf, no final newline, gap"),
        pytest.param(b"\xef\xbb\xbfa\n", False, b"\xef\xbb\xbfa\nx\n", id="bom"),
        pytest.param(b"caf\xe9\n", False, b"caf\xe9\nx\n", id="latin-1"),
        pytest.param(b"a \\", False, b"a \\\n\nx\n", id="continued line"),
    ],
)
def test_append_keeps_existing_bytes(raw, gap, after):
    files = {} if raw is None else {"f": raw}
    assert not run(append_lines("f", raw, "x\n", gap=gap), files)
    assert files["f"] == after


@pytest.mark.parametrize(
    ("raw", "text", "message"),
    [
        pytest.param("a\n".encode("utf-16"), "x\n", "UTF-16", id="utf-16"),
        pytest.param(
            b"caf\xe9\n", "é\n", "not valid UTF-8", id="latin-1 and text that is not ASCII"
        ),
    ],
)
def test_append_skips_unsupported_encoding(raw, text, message):
    files = {"f": raw}
    assert message in run(append_lines("f", raw, text), files)["f"]
    assert files == {"f": raw}


@given(st.binary(), st.booleans())
def test_append_keeps_all_bytes(raw, gap):
    files = {"f": raw}
    if not run(append_lines("f", raw, "x\ny\n", gap=gap), files):
        assert files["f"].startswith(raw)
        assert is_subsequence(raw, files["f"])
        assert files["f"].splitlines()[-2:] == [b"x", b"y"]


def test_utf8_has_no_encoding_problem():
    assert encoding_problem("é".encode(), "é") is None


def test_single_line():
    assert single_line("a\n  b|c`d") == "a b/c'd"
