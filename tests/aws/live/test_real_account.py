"""Run the lifecycle of an app in a real AWS account. It costs a few cents and cleans up afterwards.

    SHIELD_TEST_ACCOUNT=123456789012 SHIELD_TEST_PREFIX=shield-test/ AWS_PROFILE=sandbox make test ARGS=tests/aws/live/test_real_account.py

The credentials must belong to that account. The names of all secrets begin with the prefix, and the secrets are
deleted without a recovery window. The test is skipped by default.
"""

from __future__ import annotations

import contextlib
import os
import secrets

import boto3
import pytest
from shield_helpers import make_app, run

WANTED = os.environ.get("SHIELD_TEST_ACCOUNT", "")
PREFIX = os.environ.get("SHIELD_TEST_PREFIX", "")
REGION = os.environ.get("SHIELD_TEST_REGION", "us-east-1")
THEIRS = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
pytestmark = pytest.mark.skipif(
    not (WANTED and PREFIX), reason="SHIELD_TEST_ACCOUNT and SHIELD_TEST_PREFIX are not set"
)
NAMES = ("django-secret-key", "mail-api-key", "database-credentials")


def service(name, **settings):
    """Open a client with the current credentials; boto3's default session caches earlier ones."""
    return boto3.session.Session().client(name, **settings)


@pytest.fixture
def app(no_real_aws, monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in THEIRS.items():
        monkeypatch.setenv(name, value)
    assert service("sts").get_caller_identity()["Account"] == WANTED, (
        "the credentials belong to another account"
    )
    make_app(tmp_path)
    run("draft", cwd=tmp_path)
    prefix = f"{PREFIX}{secrets.token_hex(4)}/"
    toml = tmp_path / "shield.toml"
    rest = toml.read_text().split("[[secret]]", 1)[1]
    app = f'[app]\nname = "shield-test"\nprefix = "{prefix}"\nregion = "{REGION}"\nsettings = ["shop/settings.py"]\n'
    toml.write_text(f"{app}\n[[secret]]{rest}")
    client = service("secretsmanager", region_name=REGION)
    try:
        yield tmp_path, prefix, client
    finally:
        for name in NAMES:
            with contextlib.suppress(client.exceptions.ResourceNotFoundException):
                client.delete_secret(SecretId=prefix + name, ForceDeleteWithoutRecovery=True)


def run_ok(*arguments, app):
    done = run(*arguments, "--only", "aws", cwd=app)
    assert done.code == 0, done.text
    return done.text


def test_lifecycle(app):
    folder, prefix, client = app
    run_ok("apply", "--env-file", ".env", "--yes", app=folder)
    first = client.get_secret_value(SecretId=f"{prefix}mail-api-key")["SecretString"]
    assert "nothing to do" in run_ok("apply", "--env-file", ".env", "--yes", app=folder)
    run_ok("verify", app=folder)
    (folder / ".env").write_text(
        (folder / ".env").read_text().replace("MAIL_API_KEY=", "MAIL_API_KEY=other-")
    )
    run_ok("apply", "--env-file", ".env", "--conflict", "replace", "--yes", app=folder)
    assert (
        client.get_secret_value(SecretId=f"{prefix}mail-api-key")["SecretString"]
        == f"other-{first}"
    )
    run_ok("rollback", "--yes", app=folder)
    assert client.get_secret_value(SecretId=f"{prefix}mail-api-key")["SecretString"] == first
    run_ok("rollback", "--yes", app=folder)
    assert "DeletedDate" in client.describe_secret(SecretId=f"{prefix}mail-api-key")
