from __future__ import annotations

import pytest

from shield_ai.project.secret_map import parse_map

IMPORT = "from ._shield_runtime import SecretsManagerClient\n"
MAP = """\
client = SecretsManagerClient(
    {"sentry-dsn": "SENTRY_DSN", "db": {"password": "DB_PASSWORD"}}, optional=["sentry-dsn"]
)
"""


def test_reads_names_fields_and_optional_secrets():
    found = parse_map((IMPORT + MAP).encode())
    assert found.secrets == {"sentry-dsn": "SENTRY_DSN", "db": {"password": "DB_PASSWORD"}}
    assert found.optional == ("sentry-dsn",)
    assert found.required == ()


def test_reads_required_secrets():
    text = IMPORT + MAP.replace("optional=", "required=")
    assert parse_map(text.encode()).required == ("sentry-dsn",)


@pytest.mark.parametrize(
    ("reference", "variable"),
    [
        ("sentry-dsn", "SENTRY_DSN"),
        ("db:password", "DB_PASSWORD"),
        ("db:host", ""),
        ("db", ""),
        ("sentry-dsn:x", ""),
        ("other", ""),
    ],
)
def test_finds_the_variable_of_a_reference(reference, variable):
    assert parse_map((IMPORT + MAP).encode()).variable(reference) == variable


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(IMPORT + MAP.replace("optional=[", "required=[*"), id="starred"),
        pytest.param(IMPORT + MAP.replace("optional=[", "required=[1, "), id="number"),
        pytest.param(MAP, id="no import of the engine"),
        pytest.param(IMPORT, id="no client"),
        pytest.param(IMPORT + "client = SecretsManagerClient()\n", id="no mapping"),
        pytest.param(IMPORT + "client = SecretsManagerClient(SECRETS)\n", id="computed"),
        pytest.param(IMPORT + "client = SecretsManagerClient({**OTHER})\n", id="unpacked"),
        pytest.param(IMPORT + "client = SecretsManagerClient({'a': NAME})\n", id="computed value"),
        pytest.param(IMPORT + "client = SecretsManagerClient({'a': 1})\n", id="not a text"),
        pytest.param(IMPORT + MAP + MAP, id="two clients"),
        pytest.param(IMPORT + "client = (\n", id="invalid"),
    ],
)
def test_returns_none_for_other_files(text):
    assert parse_map(text.encode()) is None


def test_returns_none_without_a_file():
    assert parse_map(None) is None
