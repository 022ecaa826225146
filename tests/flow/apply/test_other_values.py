from __future__ import annotations

import pytest

from shield_ai.flow.apply.other_values import other_value


@pytest.mark.parametrize(
    ("text", "other"),
    [
        pytest.param("abc", "abb", id="text"),
        pytest.param("a", "b", id="one letter"),
        pytest.param("5432", "5431", id="number"),
        pytest.param("c2FtcGxlLXRleHQ=", "c2FtcGxlLXRkeHQ=", id="base64"),
        pytest.param(
            "postgres://user:pa0@host:5432/name", "postgres://user:pa1@host:5432/name", id="URL"
        ),
        pytest.param("https://0a1b@host/1", "https://0a1a@host/1", id="URL with a key"),
        pytest.param("redis://host:6379/0", "redis://host:6369/0", id="URL without a login"),
        pytest.param(
            r'{"a": "x\n", "b": true}', r'{"a": "w\n", "b": true}', id="JSON with an escape"
        ),
        pytest.param(
            "-----BEGIN KEY-----\nABCD\n-----END KEY-----",
            "-----BEGIN KEY-----\nABCC\n-----END KEY-----",
            id="PEM",
        ),
        pytest.param("[" * 100_000 + "a", "[" * 100_000 + "b", id="nested too deep for JSON"),
        pytest.param("[{}]".format(", ".join(["true"] * 40)), "", id="JSON of constants"),
        pytest.param("0", "", id="switch as a number"),
        pytest.param("True", "", id="switch as a word"),
        pytest.param("", "", id="empty"),
        pytest.param("---", "", id="no letter or digit"),
    ],
)
def test_another_value_has_the_same_form(text, other):
    assert other_value(text) == other
