from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.scan.text.value_shapes import (
    is_identifier,
    is_name,
    is_placeholder,
    is_sentence,
    is_something_else,
    stands_for_something,
)


@pytest.mark.parametrize(
    "value",
    [
        "${A}",
        "$(pass show a)",
        "{{ a }}",
        "%(a)s",
        "<your key>",
        "$PASSWORD",
        "@PASSWORD@",
        "@@A@@",
        "%%A%%",
        "`id`",
        "ENC[abc]",
        "vault:a/b",
    ],
)
def test_templates(value: str) -> None:
    assert stands_for_something(value)
    assert is_something_else(value, quoted=True)


@pytest.mark.parametrize(
    "value",
    ["xxxxxxxx", "your-api-key", "REDACTED", "sk_live_...", "my-token-here", "placeholder1"],
)
def test_placeholders(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize("value", ["changeme", "correct horse", "s3cr3t!", "replacethis"])
def test_weak_passwords_are_no_placeholders(value: str) -> None:
    assert not is_placeholder(value)


def test_the_rest() -> None:
    assert is_something_else("inherit", quoted=False)  # GitHub's `secrets: inherit`
    assert is_name("DB_PASSWORD")
    assert is_name("settings.PASSWORD")
    assert not is_name("s3cr3t!")
    assert not stands_for_something("abc@@def`ghi")
    assert is_identifier("settings.api_token.value")
    assert not is_identifier("b.aB3dE6gH9jK2mN5pQ8sT1v")
    assert is_sentence("Please enter your password.")
    assert not is_sentence("correct horse battery staple")


@given(st.text(), st.booleans())
def test_take_any_text(value: str, quoted: bool) -> None:  # hypothesis fills it in
    is_something_else(value, quoted=quoted)
    is_placeholder(value)
    is_sentence(value)
    is_name(value)
