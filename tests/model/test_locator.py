import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.locator import (
    CodeLiteral,
    Copy,
    DotenvLine,
    EnvVar,
    FormerSecret,
    Generated,
    Prompt,
    parse_locator,
)

LOCATORS = [
    ("env:SECRET_KEY", EnvVar("SECRET_KEY")),
    ("dotenv:.env#DB_PASSWORD", DotenvLine(".env", "DB_PASSWORD")),
    ("dotenv:a#b/.env#X", DotenvLine("a#b/.env", "X")),
    ("dotenv:new\nline.env#X", DotenvLine("new\nline.env", "X")),
    ("code:settings.py#120-160", CodeLiteral("settings.py", 120, 160)),
    ("code:new\nline.py#1-2", CodeLiteral("new\nline.py", 1, 2)),
    ("prompt:DB_PASSWORD", Prompt("DB_PASSWORD")),
    ("generate:django-secret-key", Generated("django-secret-key")),
    ("copy:staging/db#password", Copy("staging", "db", "password")),
    ("copy:staging/team/mail#", Copy("staging", "team/mail", "")),
    ("former:shop/db#password", FormerSecret("shop/db", "password")),
    ("former:api-key#", FormerSecret("api-key", "")),
]


@pytest.mark.parametrize(("text", "locator"), LOCATORS)
def test_the_text_of_a_locator_is_parsed_again(text, locator):
    assert parse_locator(text) == locator
    assert type(parse_locator(text)) is type(locator)
    assert str(locator) == text


@pytest.mark.parametrize(
    "text",
    ["X", "file:/etc/passwd", "dotenv:.env", "dotenv:#X", "code:a.py", "code:a.py#x-1",
     "code:a.py#0-1-2", "code:a.py#" + "9" * 13 + "-1", "code:a.py#\u0661-2"],
)  # fmt: skip
def test_other_texts_are_no_locator(text):
    with pytest.raises(ValueError, match="^" + re.escape(text)):
        parse_locator(text)


@given(st.text())
def test_a_text_is_refused_or_written_again(text):
    try:
        locator = parse_locator(text)
    except ValueError:
        return
    assert parse_locator(str(locator)) == locator
