from __future__ import annotations

import ast

import pytest

from shield_ai.project.python_source import Source, string_constant
from shield_ai.rewrite.python.calls import calls_at, keyword_value, variable_of_call


def call(text):
    return ast.parse(text, mode="eval").body


def test_calls_at_positions():
    source = Source.from_bytes("s.py", b"x = f(g(1))\nh()\n")
    assert [found.func.id for found in calls_at(source, [(1, 6), (2, 0), (3, 0)])] == ["h", "g"]


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        pytest.param('get_secret("mail-api-key")', "MAIL_API_KEY", id="name"),
        pytest.param('get_secret("mail", env="SMTP_KEY")', "SMTP_KEY", id="env"),
        pytest.param('get_secret("mail-key", env=name)', "MAIL_KEY", id="computed env"),
        pytest.param('get_secret(name, env="SMTP_KEY")', "SMTP_KEY", id="computed name"),
    ],
)
def test_variable_of_call(text, variable):
    assert variable_of_call(call(text)) == variable


def test_arguments():
    found = call('f(1, key="x")')
    assert string_constant(keyword_value(found, "key")) == "x"
    assert keyword_value(found, "env") is None
    assert string_constant(found.args[0]) is None
