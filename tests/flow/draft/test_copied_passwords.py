from __future__ import annotations

import pytest
from shield_helpers import run

SETTINGS = """\
import os

from aws import fetch_password

APP_MODE = os.environ.get("APP_MODE")
POSTGRES_HOST = os.environ.get("POSTGRES_HOST")
POSTGRES_DB = os.environ.get("POSTGRES_DB")
POSTGRES_USER = os.environ.get("POSTGRES_USER")
POSTGRES_PASSWORD = os.environ.get("POSTGRES_PASSWORD")
"""
HELPER = """\
import boto3


def fetch_password():
    return boto3.client("secretsmanager").get_secret_value(SecretId="db")["SecretString"]
"""
SCHEDULE = 'every = "30 days"'
REPLACED = 'if APP_MODE == "JOB":\n    POSTGRES_PASSWORD = fetch_password()\n'
PLACE = "config.py:11 reads POSTGRES_PASSWORD from another secret in AWS"


@pytest.fixture
def app(tmp_path):
    def write(end):
        (tmp_path / "config.py").write_text(SETTINGS + end)
        (tmp_path / "aws.py").write_text(HELPER)
        (tmp_path / "requirements.txt").write_text("flask\nboto3\n")
        return tmp_path

    return write


def test_a_password_that_another_secret_contains_has_no_schedule(app):
    folder = app(REPLACED)
    done = run("draft", cwd=folder)
    assert f"without a schedule, because {PLACE}" in " ".join(done.text.split())
    assert SCHEDULE not in (folder / "shield.toml").read_text()


def test_plan_names_the_code_that_reads_the_other_secret(app):
    done = run("plan", "--only", "code", cwd=app(REPLACED))
    expected = f"{PLACE}: when the password changes, change it there and in database-credentials"
    assert expected in " ".join(done.text.split())


@pytest.mark.parametrize("end", ["", "TOKEN = fetch_password()\n"])
def test_another_value_from_aws_does_not_count(app, end):
    folder = app(end)
    assert run("draft", cwd=folder).code == 0
    assert SCHEDULE in (folder / "shield.toml").read_text()
    assert "from another secret" not in run("plan", "--only", "code", cwd=folder).text
