from __future__ import annotations

import pytest

from shield_ai.model.errors import ValueMissingError
from shield_ai.model.hidden import Hidden
from shield_ai.model.locator import CodeLiteral, DotenvLine, EnvVar, parse_locator
from shield_ai.project.values import Values, generate_value


def test_later_files_override_and_empty_values_are_ignored():
    files = {"one": {"A": Hidden("1"), "B": Hidden("")}, "two": {"A": Hidden("2")}}
    values = Values(files, {"A": "0", "B": "env", "C": ""})
    found = values.locators(["A", "B", "C", "D"])
    assert found == {"A": DotenvLine("two", "A"), "B": EnvVar("B")}
    assert {k: values.resolve(v).reveal() for k, v in found.items()} == {"A": "2", "B": "env"}


def test_aws_keys_in_the_environment_are_ignored():
    name = "AWS_ACCESS_KEY_ID"
    assert Values({}, {name: "x", "S3_ACCESS_KEY": "x"}).locators(
        [name, "S3_ACCESS_KEY"]
    ).keys() == {"S3_ACCESS_KEY"}
    assert Values({".env": {name: Hidden("x")}}, {name: "y"}).locators([name]) == {
        name: DotenvLine(".env", name)
    }


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("x = 'abc'", "abc"),
        ("x = b'abc'", "abc"),
        ("x = ('a'\n     'b')", "ab"),
        ("x = 'a'\n    'b'", "ab"),
        ("x = 'a' + 'b'", "ab"),
        ("x = 12", "12"),
    ],
)
def test_literal_in_code(code, value):
    values = Values({}, {}, {"s.py": code.encode()}.get)
    assert values.resolve(CodeLiteral("s.py", 4, len(code))).reveal() == value


@pytest.mark.parametrize(
    "locator", ["env:X", "dotenv:f#X", "code:s.py#0-3", "code:none#0-1", "prompt:"]
)
def test_missing_values(locator):
    with pytest.raises(ValueMissingError):
        Values({}, {}, {"s.py": b"f()"}.get).resolve(parse_locator(locator))


def test_generate_value():
    key, other = generate_value("django-secret-key").reveal(), generate_value("api-key").reveal()
    assert len(key) == 50
    assert len(other) == 32
    assert key != generate_value("django-secret-key").reveal()
