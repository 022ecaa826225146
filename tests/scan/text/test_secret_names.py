from __future__ import annotations

import pytest

from shield_ai.scan.rules.examples import fill
from shield_ai.scan.text.secret_names import MASK, mask_tokens

TOKEN = fill("ghp_{alnum:36}")
PASSWORD = fill("{alnum:16}")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param(f"{TOKEN}.yaml", TOKEN, id="token"),
        pytest.param(f"postgres://shop:{PASSWORD}@db/shop", PASSWORD, id="URL"),
        pytest.param(f"jdbc:mysql://db/a?user=a&password={PASSWORD}", PASSWORD, id="parameter"),
    ],
)
def test_masks_a_credential(text, secret):
    assert mask_tokens(text) == text.replace(secret, MASK)


def test_keeps_the_word_after_a_name_with_password():
    hint = "run shield rotate postgres-password again"
    assert mask_tokens(hint) == hint
