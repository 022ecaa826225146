from __future__ import annotations

import io
import re

import msgspec
import pytest
from dotenv import dotenv_values
from fixer_helpers import MANIFEST, is_subsequence, manifest, run
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.manifest import Manifest
from shield_ai.model.manifest_parser import parse
from shield_ai.rewrite.project import env_example

PATH = ".env.example"


def fix(files, made=None):
    return run(
        env_example.extend_env_example(files.get, made or manifest(), loads_dotenv=True), files
    )


def values(files):
    return dotenv_values(stream=io.StringIO(files[PATH].decode("utf-8-sig")))


def test_new_file_has_all_variables_and_secrets():
    files = {}
    assert not fix(files, manifest(prefix="shop/prod/"))
    assert values(files) == {
        "USE_AWS_SECRETS": "false",
        "AWS_REGION": "eu-central-1",
        "DJANGO_ENV": "development",
        "AWS_SECRETS_PREFIX": "shop/prod/",
        "SECRET_KEY": "change-me",
        "DB_NAME": "app",
        "DB_USER": "app",
        "DB_PASSWORD": "change-me",
        "DB_HOST": "localhost",
        "DB_PORT": "5432",
    }
    text = files[PATH].decode()
    assert "\n#SENTRY_DSN=\n" in text
    assert "# shop/prod/django-secret-key (text): <SECRET_KEY>\n" in text
    assert '# shop/prod/database-credentials (JSON): {"database": "<DB_NAME>", ' in text
    assert "# shop/prod/sentry-dsn (text, optional): <SENTRY_DSN>\n" in text
    assert "secretsmanager:GetSecretValue and secretsmanager:DescribeSecret" in text
    assert "\n# arn:aws:secretsmanager:eu-central-1:ACCOUNT:secret:shop/prod/NAME-??????\n" in text
    assert "kms" not in text


@pytest.mark.parametrize(
    "name",
    [
        ".env.sample",
        "example.env",
        "env.template",
        ".env.dist",
        ".env.template",
        ".environment-example",
        "dotenv.example",
        "web/.env.example",  # beside manage.py
        "web/shop/shop.env.dist",  # beside the settings
    ],
)
def test_extends_the_file_of_another_name(name):
    files = {name: b"DEBUG=1\n"}
    made = manifest(runtime="web/shop/secrets.py")
    for _ in range(2):
        assert not fix(files, made)
    assert list(files) == [name]
    assert files[name].startswith(b"DEBUG=1\n")
    # Developers copy this file, and the app may have a default.
    assert b"\n#SECRET_KEY=change-me" in files[name]


def test_file_in_the_folder_of_the_app_takes_precedence():
    files = {PATH: b"", "web/.env.example": b"A=1\n"}
    assert not fix(files, manifest(runtime="web/shop/secrets.py"))
    assert files["web/.env.example"] == b"A=1\n"


def test_creates_no_file_for_an_app_without_dotenv():
    assert env_example.extend_env_example({}.get, manifest()) == ([], [])
    changes, _ = env_example.extend_env_example({".env": b"A=1\n"}.get, manifest())
    assert [change.path for change in changes] == [PATH]


def test_names_customer_managed_key():
    files = {}
    assert not fix(files, manifest(kms_key="alias/shop"))
    assert "# It also needs kms:Decrypt on the key alias/shop.\n" in files[PATH].decode()


@pytest.mark.parametrize("form", ["{}=mine", "export {}=mine", "#{}=", "  # {} = x"])
def test_does_not_add_existing_variable(form):
    names = [
        "USE_AWS_SECRETS",
        "AWS_REGION",
        "DJANGO_ENV",
        "SECRET_KEY",
        "DB_NAME",
        "DB_USER",
        "DB_PASSWORD",
        "DB_HOST",
    ]
    raw = "".join(form.format(name) + "\n" for name in [*names, "SENTRY_DSN"]).encode()
    files = {PATH: raw}
    assert not fix(files)
    assert files[PATH].startswith(raw)
    added = files[PATH][len(raw) :].decode()
    assert [line for line in added.splitlines() if re.match(r"#?[A-Z_]+=", line)] == [
        "#DB_PORT=5432"
    ]
    assert "\nUSE_AWS_SECRETS=" not in added


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"DEBUG=1\r\nSECRET_KEY=\r\n", id="crlf"),
        pytest.param(b"DEBUG=1\r\nSECRET_KEY=", id="crlf, no final newline"),
        pytest.param(b"\xef\xbb\xbfSECRET_KEY=\n", id="bom"),
        pytest.param(b"# caf\xe9\nSECRET_KEY=", id="latin-1"),
    ],
)
def test_keeps_existing_bytes(raw):
    files = {PATH: raw}
    assert not fix(files)
    assert files[PATH].startswith(raw)
    assert files[PATH].count(b"SECRET_KEY=") == 1
    assert (files[PATH].count(b"\n") == files[PATH].count(b"\r\n")) == (b"\r\n" in raw)
    once = dict(files)
    assert not fix(files)
    assert files == once


def test_adds_only_new_secret():
    files = {}
    fix(files)
    before = files[PATH]
    later = parse(MANIFEST + '\n[[secret]]\nname = "mail-password"\nenv = "MAIL_PASSWORD"\n')
    assert not fix(files, later)
    assert files[PATH].startswith(before)
    added = files[PATH][len(before) :].decode()
    assert added == (
        "\n# Secrets for development (read if USE_AWS_SECRETS=false)\n#MAIL_PASSWORD=change-me\n"
        "\n# mail-password (text): <MAIL_PASSWORD>\n"
    )


def test_skips_utf_16():
    files = {PATH: "A=1\n".encode("utf-16")}
    assert "UTF-16" in fix(files)[PATH]


def test_newlines_in_manifest_do_not_end_comments():
    made = parse(MANIFEST)
    # parse() rejects these texts.
    app = msgspec.structs.replace(made.app, region="x\nEVIL=1", kms_key="k\nEVIL=2")
    made = msgspec.structs.replace(made, app=app)
    files = {}
    fix(files, made)
    assert "EVIL" not in values(files)


@given(st.one_of(st.binary(), st.text("AWS_REGIONSECTKY=#\n\r export\"'\\").map(str.encode)))
def test_second_run_changes_nothing(raw):
    files = {PATH: raw}
    fix(files)
    once = dict(files)
    fix(files)
    assert files == once
    assert is_subsequence(raw, once[PATH])


def test_adds_configuration_without_secrets():
    files = {}
    assert not fix(files, Manifest(app=manifest().app))
    assert "In production" not in files[PATH].decode()
