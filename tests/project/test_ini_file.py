"""Each INI file has a result, also one that configparser rejects."""

from __future__ import annotations

import pytest

from shield_ai.project.ini_file import parse_ini


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        pytest.param(b"[a]\nb = 1\n", "1", id="option"),
        pytest.param(b"\xef\xbb\xbf[a]\nb = 1\n", "1", id="byte order mark"),
        pytest.param(b"[a]\nb = %(c)s\n", "%(c)s", id="interpolation"),
        pytest.param(b"[a]\nb = 1\n[a]\nb = 2\n", "2", id="twice"),
        pytest.param(None, "", id="missing"),
        pytest.param(b"b = 1\n", "", id="no section"),
        pytest.param(b"[a]\nb = \xff\n", "", id="not UTF-8"),
        pytest.param(b"[a]\nb = 1\nc" + b" " * 300 + b"d\n", "", id="long gap"),
    ],
)
def test_an_option(raw, value):
    assert parse_ini(raw).get("a", "b", fallback="") == value
