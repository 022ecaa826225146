from __future__ import annotations

import json
import re

import pytest
from fixer_helpers import MANIFEST, is_subsequence, manifest, run
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.aws.desired.iam import policy_document
from shield_ai.model.manifest import Manifest
from shield_ai.model.manifest_parser import parse
from shield_ai.rewrite.project import app_docs, runtime_copy

PAGE, UPDATES = app_docs.PAGE, app_docs.UPDATES


def fix(files, made=None):
    return run(app_docs.fix(files.get, made or manifest()), files)


def test_page_holds_what_an_operator_needs():
    files = {}
    assert not fix(files, manifest(prefix="shop/prod/"))
    text = files[PAGE].decode()
    for heading in ("Switches", "Set-up", "IAM policy", "Rotation", "Troubleshooting", "Rollback"):
        assert f"\n## {heading}\n" in text
    assert (
        "| `shop/prod/django-secret-key` | django-secret-key | `SECRET_KEY` | yes | by hand |"
        in text
    )
    assert "| every 30 days, alternating-users |" in text
    assert "| `shop/prod/sentry-dsn` | generic | `SENTRY_DSN` | no | not set |" in text
    assert "`ShopRole`" in text
    assert "SECRET_KEY_FALLBACKS" in text
    assert "\n\n\n" not in text
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.+?)```", text, re.DOTALL)]
    assert blocks == [
        {"database": "<DB_NAME>", "username": "<DB_USER>", "password": "<DB_PASSWORD>", "host": "<DB_HOST>",
         "port": "<DB_PORT>"},
        policy_document(manifest(prefix="shop/prod/"), "ACCOUNT"),
    ]  # fmt: skip


@pytest.mark.parametrize("message", [row[0] for row in app_docs.TROUBLES])
def test_troubleshooting_quotes_the_runtime(message):
    assert message in runtime_copy.RUNTIME.read_text(encoding="utf-8")


def test_tables_are_tables():
    files = {}
    fix(files, parse(MANIFEST.replace('"ShopRole"', '"a|b`c"')))
    rows = [line for line in files[PAGE].decode().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {4, 6}


@pytest.mark.parametrize("engines", [(), ("postgresql",)], ids=["Django's backend", "ours"])
def test_page_says_what_a_rotation_needs(engines):
    files = {}
    assert not run(app_docs.fix(files.get, manifest(), engines), files)
    text = files[PAGE].decode()
    assert ("`DATABASES`, changes with a restart" in text) != bool(engines)
    assert ("read at each new connection" in text) == bool(engines)
    assert "\n\n\n" not in text


def test_second_run_changes_nothing():
    files = {}
    fix(files)
    assert app_docs.fix(files.get, manifest()) == ([], [])
    crlf = {path: raw.replace(b"\n", b"\r\n") for path, raw in files.items()}
    assert app_docs.fix(crlf.get, manifest()) == ([], [])


def test_page_of_ours_follows_the_manifest():
    files = {}
    fix(files)
    later = parse(MANIFEST + '\n[[secret]]\nname = "mail-password"\nenv = "MAIL_PASSWORD"\n')
    assert not fix(files, later)
    assert b"mail-password" in files[PAGE]
    assert files[UPDATES].count(app_docs.HEADING.encode()) == 1


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        pytest.param(lambda raw: raw + b"\nMore.\n", "edited by hand", id="edited"),
        pytest.param(lambda _: b"# Secrets\n", "not written by shield", id="foreign"),
    ],
)
def test_page_of_the_app_stays(edit, message):
    files = {}
    fix(files)
    files[PAGE] = edit(files[PAGE])
    before = dict(files)
    assert message in fix(files)[PAGE]
    assert files == before


def test_entry_is_appended_once():
    raw = b"# Security\r\n\r\n## Old\r\n\r\ntext"
    files = {UPDATES: raw}
    for _ in range(2):
        assert not fix(files)
        assert files[UPDATES].startswith(raw + b"\r\n\r\n" + app_docs.HEADING.encode() + b"\r\n")
        assert files[UPDATES].count(app_docs.HEADING.encode()) == 1
    for part in (
        b"**What changed.**",
        b"**Deployment.**",
        b"**Rollback.**",
        b"`database-credentials`: `DB_NAME`",
    ):
        assert part in files[UPDATES]


@given(st.binary())
def test_entry_never_loses_a_byte(raw):
    files = {UPDATES: raw}
    fix(files)
    once = dict(files)
    fix(files)
    assert files == once
    assert is_subsequence(raw, once[UPDATES])


def test_no_secret_no_docs():
    assert app_docs.fix({}.get, Manifest(app=manifest().app)) == ([], [])
