from __future__ import annotations

import random
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scaling import assert_linear

from shield_ai.model.hidden import MASK
from shield_ai.reports.masking.comments import hidden_spans, is_plain


def shown(comment):
    for start, end in sorted(hidden_spans(comment), reverse=True):
        comment = comment[:start] + MASK + comment[end:]
    return comment


@pytest.mark.parametrize(
    "comment",
    [
        "# SECURITY WARNING: keep the secret key used in production secret!",
        "# https://docs.djangoproject.com/en/4.2/ref/settings/#databases",
        "# Quick-start development settings - unsuitable for production",
        "# ----- Email settings -----",
        "# -*- coding: utf-8 -*-",
        "# Since 2024-05-01, see DATABASE_URL and PEP 8 (e.g. v1.2).",
        "# The client's key isn't here.",
        "# Use the cache",
        "# Review apps' slack bot",
        "# See: https://support.example.com/en/articles/62",
        "# Django's sessions in Redis — 50% of the requests at 12:30",
        "# https://docs.djangoproject.com/en/4.2/topics/i18n/",
        "# noqa: F401, F403",
        "# noqa",
        "# noqa F405",
        "# Timed token_cache for installation access token (1 minute less than an hour)",
        "# type: ignore[no-untyped-call]",
        "# S3 for uploads, with keys of the shared bucket.",
        "# OpenAI",
        "# noqa: TC002 Pydantic requires this to be present at runtime",
        "# mail token configuration",
        "# OAUTH CONFIGURATION",
        '# Set this with the variable "DATABASE_URL".',
        "# JOB_INTERVAL = 30",
        "# SHOP_DEBUG=True",
        "# Build paths inside the project like this: BASE_DIR / 'subdir'.",
        "# See https://github.com/joke2k/django-environ#email-settings for more",
        "# a fix for https://github.com/moby/moby/issues/12997",
        "#",
    ],
)
def test_plain_comments_are_shown(comment):
    assert shown(comment) == comment


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        pytest.param("# PASSWORD = 'swordfish'", "#•••", id="commented-out code"),
        pytest.param("# ADMIN_PIN = 12345", "#•••", id="number that may be a value"),
        pytest.param('# "DATABASE_URL" is "swordfish"', "#•••", id="value beside a variable"),
        pytest.param("# token swordfish", "# token •••", id="last word"),
        pytest.param('# password "SWORD_FISH"', '# password "•••"', id="last word in quotes"),
        pytest.param('# use "swordfish"', "#•••", id="quotes"),
        pytest.param("# use 'seven words' here", "#•••", id="quotes after a plural"),
        pytest.param("# use b'seven words' here", "#•••", id="bytes"),
        pytest.param("#    seven words'", "#•••", id="end of a string"),
        pytest.param("#    seven words', here", "#•••", id="end of a string in a list"),
        pytest.param("# the old password is swordfish", "# the old password is•••", id="is"),
        pytest.param("# mail password swordfish", "# mail password •••", id="last word"),
        pytest.param("# pin 1234", "# pin •••", id="last number"),
        pytest.param("# password: swordfish", "# password:•••", id="colon"),
        pytest.param("# key : swordfish", "# key :•••", id="separate colon"),
        pytest.param("# use AKIA2345ABCDEFGHIJKL now", "# use ••• now", id="token"),
        pytest.param("# https://user:pw@host.example/", "#•••", id="URL with a login"),
        pytest.param("# https://hooks.slack.com/services/T0/B0/x", "# •••", id="URL with a token"),
        pytest.param(
            "# noqa: S105 the password is swordfish",
            "# noqa: S105 the password is•••",
            id="after noqa",
        ),
        pytest.param("# noqa: AB1234567", "# noqa: •••", id="no rule id"),
        pytest.param("# pin 123456", "# pin •••", id="long number"),
        pytest.param("# my_xqzvkjwpqh_b", "# •••", id="random letters in a name"),
        pytest.param("# xqzvkjwpqh", "# •••", id="random letters"),
    ],
)
def test_possible_values_are_hidden(comment, expected):
    assert shown(comment) == expected


@given(st.text(st.characters(min_codepoint=33), min_size=1, max_size=40))
def test_words_that_are_not_plain_are_never_shown(value):
    assume(not any(map(str.isspace, value)))  # such as U+0085: these are several words
    assume(not is_plain(value.strip(".,;:!?()[]…")) and value not in f"# the {MASK} one")
    assert value not in shown(f"# the {value} one")


@pytest.mark.parametrize(
    ("alphabet", "length", "most"),
    [
        pytest.param(string.ascii_letters + string.digits, 8, 0.005, id="8 letters and digits"),
        pytest.param(string.ascii_letters + string.digits, 20, 0, id="20 letters and digits"),
        pytest.param(string.ascii_letters, 12, 0.002, id="12 letters"),
        pytest.param(string.ascii_lowercase, 12, 0.05, id="12 small letters"),
    ],
)
def test_random_words_are_rarely_plain(alphabet, length, most):
    source = random.Random(1)
    words = ["".join(source.choices(alphabet, k=length)) for _ in range(3000)]
    assert sum(map(is_plain, words)) / len(words) <= most


@pytest.mark.parametrize("part", ["a-", "a.", "/a", "Ab", "A_", "https://a.", " is", "1."])
def test_time_is_linear(part):
    assert_linear(lambda size: [*hidden_spans(f"# {part * size}")], 2000)
