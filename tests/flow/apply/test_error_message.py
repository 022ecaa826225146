from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shield_ai.flow.apply.error_message import MAX_OUTPUT, WORDS, show_fields, show_message
from shield_ai.model.hidden import MASK

NAMES = ("DATABASE_URL", "S3_BUCKET", "DEBUG")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        pytest.param("'NO_SUCH_VARIABLE'", "'NO_SUCH_VARIABLE'", id="KeyError"),
        pytest.param("DEBUG must be set.", "DEBUG must be set.", id="known name"),
        pytest.param(
            "Set the S3_BUCKET environment variable", "Set the S3_BUCKET environment variable",
            id="Django",
        ),
        pytest.param("invalid literal for int() with base 10: 'x1y2'",
            f"invalid literal for int() with base {MASK}", id="value"),
        pytest.param("the password is swordfish", f"the password is {MASK}", id="word"),
        pytest.param("host=db.example.com, user = me", f"host={MASK}, user = {MASK}", id="pairs"),
        pytest.param("A\x1b[31m\nis\u202e", f"A{MASK}"[1:], id="control characters"),
        pytest.param("Set the AWS_S3_ACCESS_KEY_ID environment variable",
            "Set the AWS_S3_ACCESS_KEY_ID environment variable", id="number in a name"),
        pytest.param("S3_KEY, DB_USER_2 and SITE_URL_V2", f"S3_KEY, {MASK} and SITE_URL_V2",
            id="numbers"),
        pytest.param("K3Y_9F8A7D6C must be set", f"{MASK} must be set", id="digits"),
        pytest.param("No usable temporary directory found in ['/tmp', '/x']",
            f"No usable temporary directory found in [{MASK}]", id="tempfile"),
        pytest.param("'NoneType' object is not subscriptable",
            "'NoneType' object is not subscriptable", id="None"),
        pytest.param("not enough values to unpack (expected 2, got 1)",
            f"not enough values to unpack (expected {MASK}, got {MASK})", id="unpacking"),
        pytest.param("[Errno 13] Permission denied: '/srv/x'",
            f"[{MASK}] Permission denied: {MASK}", id="file"),
        pytest.param("SQL_ENGINE not found. Declare it as envvar or define a default value.",
                     "SQL_ENGINE not found. Declare it as envvar or define a default value.", id="python-decouple"),
        pytest.param("Apps aren't loaded yet.", "Apps aren't loaded yet.", id="Django"),
        pytest.param("", "", id="empty"),
    ],
)  # fmt: skip
def test_shows_names_and_known_words(message, shown):
    assert show_message(message, NAMES, ["swordfish"]) == shown


@pytest.mark.parametrize("value", ["MY_OWN_VALUE", "missing", "is not set", "DEBUG", "="])
def test_hides_values_that_look_like_names_or_words(value):
    shown = show_message(f"MY_NAME is not set={value} {value}: DEBUG is missing", NAMES, [value])
    assert value not in shown


@given(st.text(max_size=3000), st.text(min_size=1, max_size=40))
@example("DATABASE_URL " * 300, "x")
def test_is_short_and_never_has_the_value(text, value):
    shown = show_message(f"{text} {value}: {text}", NAMES, [value])
    assert len(shown) <= MAX_OUTPUT + 2
    assert shown.isprintable()
    rest = set(shown.replace(MASK, " ").replace("…", " ").split())
    assert value.strip() not in rest or not value.strip()


def test_no_word_is_a_usual_password():
    assert WORDS.isdisjoint({"swordfish", "letmein", "welcome", "admin", "changeme", "postgres"})


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        pytest.param([], "", id="none"),
        pytest.param(["a.b", "TOKEN", "TOKEN"], "missing or invalid: a.b, TOKEN", id="names"),
        pytest.param(["swordfish", "a.swordfish", "swordfish1", "a b", "1"], "", id="values"),
        pytest.param(
            [f"a_{number}" for number in range(12)],
            "missing or invalid: a_0, a_1, a_2, a_3, a_4, a_5, a_6, a_7, a_8, a_9 and 2 more",
            id="many",
        ),
    ],
)
def test_fields(fields, shown):
    assert show_fields(fields, ["swordfish", ""]) == shown
