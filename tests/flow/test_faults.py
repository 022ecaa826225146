"""Faults of AWS and the network during an apply, injected by a proxy before the AWS emulator."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import boto3
import pytest
from fault_proxy import FaultProxy
from shield_helpers import make_app, run

from shield_ai.aws.live.account import Account
from shield_ai.aws.live.session import Session

NAMES = ["database-credentials", "django-secret-key", "mail-api-key"]
APPLY = ("apply", "--env-file", ".env", "--only", "aws", "--yes")


@pytest.fixture
def app(tmp_path, aws):
    root = tmp_path / "shop"
    root.mkdir()
    make_app(root)
    run("draft", cwd=root)
    toml = root / "shield.toml"
    toml.write_text(toml.read_text().replace("[app]\n", '[app]\nrole = "Shop"\n'))
    boto3.client("iam").create_role(RoleName="Shop", AssumeRolePolicyDocument="{}")
    return root


@pytest.fixture
def proxy(aws, monkeypatch):
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


def stored():
    client = boto3.client("secretsmanager")
    names = sorted(secret["Name"] for secret in client.list_secrets()["SecretList"])
    return {
        name: client.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
        for name in names
    }


@pytest.mark.parametrize("same", [True, False], ids=["in one folder", "in two clones"])
def test_of_two_concurrent_applies_one_fails(app, aws, proxy, same, tmp_path):
    """The second apply runs while the first one's first call is in progress."""
    there = app if same else shutil.copytree(app, tmp_path / "clone" / "shop")
    ended = []

    def second(_):
        command = [sys.executable, "-m", "shield_ai", *APPLY]
        done = subprocess.run(
            command,
            cwd=there,
            env=aws.environment(os.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        ended.append(done)

    proxy.call("CreateSecret", second)
    first = run(*APPLY, cwd=app)
    (other,) = ended
    if same:
        assert (first.code, other.returncode) == (0, 4), first.text + other.stderr
        assert "another shield command is running in this app" in other.stderr
    else:
        assert (first.code, other.returncode) == (5, 0), first.text + other.stderr
        assert "already exists: it was created after the plan\n\nhint: " in first.err
        again = run(*APPLY, cwd=app)
        assert again.code == 0, again.text
    assert {name: len(versions) for name, versions in stored().items()} == dict.fromkeys(NAMES, 1)
    assert run("verify", "--only", "aws", cwd=app).code == 0


def test_a_missing_role(app):
    boto3.client("iam").delete_role(RoleName="Shop")
    done = run(*APPLY, cwd=app)
    assert done.code == 5
    assert (
        "error: IAM role Shop does not exist in account 123456789012\n\nhint: correct role"
        in done.err
    )
    assert stored() == {}


CALLS = {
    "GetRole": "iam",
    "DescribeSecret": "secretsmanager",
    "GetPolicy": "iam",
    "CreateSecret": "secretsmanager",
    "CreatePolicy": "iam",
    "AttachRolePolicy": "iam",
}


@pytest.mark.parametrize("operation", CALLS)
def test_names_a_missing_permission_and_its_policy_line(app, proxy, operation):
    permission = f"{CALLS[operation]}:{operation}"
    proxy.answer(operation, "AccessDeniedException", at=None, status=403)
    done = run(*APPLY, cwd=app)
    assert done.code == 5
    assert f"error: AWS denied {permission}" in done.err
    assert json.dumps({"Effect": "Allow", "Action": permission})[:-1] in done.err


UPDATES = ("PutSecretValue", "TagResource", "UpdateSecret")


@pytest.mark.parametrize("operation", UPDATES)
def test_a_retry_after_a_lost_response_changes_nothing_twice(app, aws, monkeypatch, operation):
    assert run(*APPLY, cwd=app).code == 0
    env, toml = app / ".env", app / "shield.toml"
    env.write_text(env.read_text().replace("MAIL_API_KEY=", "MAIL_API_KEY=new"))
    toml.write_text(
        toml.read_text()
        .replace("[app]\n", '[app]\ntags = { team = "web" }\n')
        .replace('name = "mail-api-key"\n', 'name = "mail-api-key"\ndescription = "of the mail"\n')
    )
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.cut(operation, after=True)
        done = run(*APPLY, "--conflict", "replace", cwd=app)
        assert done.code == 0, done.text
        assert proxy.count(operation) >= 2  # the call and its retry
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    assert {name: len(versions) for name, versions in stored().items()} == {
        **dict.fromkeys(NAMES, 1),
        NAMES[2]: 2,
    }
    state = Account(Session("us-east-1")).secrets.state("mail-api-key")
    assert (state.settings["description"], state.tags["team"]) == ("of the mail", "web")
    assert Account(Session("us-east-1")).secrets.read("mail-api-key").reveal().startswith("new")
    assert "nothing to do" in run(*APPLY, "--conflict", "replace", cwd=app).err
