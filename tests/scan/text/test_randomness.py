from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.scan.text.randomness import entropy, is_random, wordiness


@pytest.mark.parametrize(
    "text",
    [
        "customer_id",
        "next_token_2",
        "SpotFleetRequestConfigs",
        "correct horse",
        "aws_secret_access_key",
        "password1234",
        "deadbeef",
        "20240101",
        "00000000-0000-0000-0000-000000000000",
        "getUserById2",
        "v1.2.3-beta4",
        "x" * 40,
        "",
    ],
)
def test_words_and_names_are_not_random(text: str) -> None:
    assert not is_random(text)


@pytest.mark.parametrize(
    ("alphabet", "size"),
    [
        pytest.param("0123456789abcdef", 32, id="hex"),
        pytest.param(string.ascii_letters + string.digits, 20, id="letters and digits"),
        pytest.param(string.ascii_lowercase + string.digits, 24, id="lower case and digits"),
        pytest.param(string.ascii_letters + string.digits + "+/", 40, id="base64"),
    ],
)
def test_nearly_every_key_is_random(alphabet: str, size: int) -> None:
    generator = random.Random(1)  # the same keys each time
    keys = ["".join(generator.choices(alphabet, k=size)) for _ in range(1000)]
    assert sum(map(is_random, keys)) > 970


def test_letters_alone_can_be_random() -> None:
    """If there are many, or if they change their case often."""
    generator = random.Random(1)  # the same keys each time
    keys = ["".join(generator.choices(string.ascii_letters, k=16)) for _ in range(1000)]
    assert sum(map(is_random, keys)) > 700
    assert not any(
        map(is_random, ["getHTTPRequestURL", "OAuthTokenSHA", "NSURLSessionTask", "JWTAuthKeyURL"])
    )


@given(st.text())
def test_accepts_any_text(text: str) -> None:
    assert 0 <= wordiness(text) <= 1
    assert entropy(text) >= 0
    is_random(text)
