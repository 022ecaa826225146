from __future__ import annotations

import ast
import time

import pytest

from shield_ai.scan.python.config.schema_entries import schema_entries


def entries(text):
    return [(call.lineno, key) for call, key, _ in schema_entries(ast.parse(text), text.encode())]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("X = [\n    ConfigEntry('bot_token', str),\n    ConfigEntry('port', int)]\n", [(2, "bot_token")], id="list"),
        pytest.param("add(schema.SettingField('mail_password', type=str))\n", [(1, "mail_password")], id="keyword"),
        pytest.param("class A:\n    bot_token = ConfigOption(str, required=True)\n", [(2, "bot_token")], id="attribute"),
        pytest.param("X = ConfigOption('bot_token', bool)\ny_token = ConfigOption(int)\n", [], id="other types"),
        pytest.param("X = ConfigEntry('bot_token')\nY = ConfigError('bot_token', 1)\nZ = ConfigEntry(**a)\n", [], id="other calls"),
        pytest.param("X = FormField('bot_token', str)\n", [], id="form"),
    ],
)  # fmt: skip
def test_finds_the_entries_of_secrets(text, found):
    assert entries(text) == found


def test_many_entries_take_linear_time():
    text = "".join(f"    ConfigEntry('a{number}_token', str),\n" for number in range(5000))
    start = time.process_time()
    assert len(entries(f"X = [\n{text}]\n")) == 5000
    assert time.process_time() - start < 5
