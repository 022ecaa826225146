from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scaling import assert_linear

from shield_ai.scan.text.value_shapes import (
    cannot_be_secret,
    has_only_weak_words,
    is_constant_or_attribute,
    is_identifier,
    is_placeholder,
    is_random_key,
    is_sentence,
    is_template_or_placeholder,
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
    assert is_template_or_placeholder(value)
    assert cannot_be_secret(value, quoted=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("$wkzqm-$bvrndt$h7-&x^2k!_p4jvd8xqozt8e5#gk3r_77!9z", True, id="dollar first"),
        pytest.param("wk$(zqm-bvr%(ndt$h7-&x^2k!_p4jvd8xqozt8e5#gk3r_77", True, id="brackets"),
        pytest.param("$SHOP_USER-$SHOP_PASSWORD-$SHOP_HOST-$SHOP_PORT-77", False, id="variables"),
        pytest.param("%(user)s!%(host)s#%(port)s^%(name)s&%(x)s-77-88-99", False, id="formats"),
        pytest.param("$(SHOP_USER)&!$(SHOP_HOST)^#=$(SHOP_PORT)+77-88-99", False, id="references"),
        pytest.param("$wkzqm-$bvrndt!9z", False, id="short"),
    ],
)
def test_keys_of_random_characters_are_not_templates(value: str, expected: bool) -> None:
    assert is_random_key(value) is expected
    assert cannot_be_secret(value, quoted=False) is not expected


@pytest.mark.parametrize(
    "value",
    [
        "xxxxxxxx",
        "your-api-key",
        "REDACTED",
        "sk_live_...",
        "my-token-here",
        "placeholder1",
        "NO-API-KEY-DEFINED",
        "[censored]",
        "__cache_key__",
    ],
)
def test_placeholders(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize("value", ["changeme", "correct horse", "s3cr3t!", "replacethis"])
def test_weak_passwords_are_not_placeholders(value: str) -> None:
    assert not is_placeholder(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("changeme", True, id="word"),
        pytest.param("my-secret_password.1!", True, id="several words"),
        pytest.param("topSekr3t", True, id="word with other letters"),
        pytest.param("secretp@ssword", True, id="word with a symbol"),
        pytest.param("changethisecret", True, id="overlapping words"),
        pytest.param("secret~1", False, id="another symbol"),
        pytest.param("p@sswordp@ssword", False, id="two symbols"),
    ],
)
def test_weak_words(value: str, expected: bool) -> None:
    assert has_only_weak_words(value) is expected


def test_weak_words_take_linear_time() -> None:
    assert_linear(lambda count: has_only_weak_words("secret_" * count + "~1"), 1000)


def test_other_shapes() -> None:
    assert cannot_be_secret("inherit", quoted=False)  # GitHub's `secrets: inherit`
    assert cannot_be_secret("07. Crazy Love-13_32_31.mp3", quoted=True)
    assert not cannot_be_secret("n7. Crazy Love-13_32_31.mp", quoted=True)
    assert is_constant_or_attribute("DB_PASSWORD")
    assert is_constant_or_attribute("settings.PASSWORD")
    assert not is_constant_or_attribute("s3cr3t!")
    assert not is_template_or_placeholder("abc@@def`ghi")
    assert is_identifier("settings.api_token.value")
    assert not is_identifier("b.aB3dE6gH9jK2mN5pQ8sT1v")
    assert is_sentence("Please enter your password.")
    assert not is_sentence("correct horse battery staple")


@given(st.text(), st.booleans())
def test_accept_any_text(value: str, quoted: bool) -> None:  # hypothesis fills it in
    cannot_be_secret(value, quoted=quoted)
    is_placeholder(value)
    is_sentence(value)
    is_constant_or_attribute(value)
