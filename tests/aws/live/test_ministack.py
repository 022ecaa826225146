"""Check policies with ministack, an emulator that enforces IAM; that of `shield local` does not.

`make test-iam` installs it into a separate environment, because it requires another botocore, and runs these tests.
Known bugs of version 1.5: SimulatePrincipalPolicy checks only the first of several resources; CreatePolicy is checked
against the resource *, where AWS uses the policy's ARN; the condition key iam:PolicyARN is unsupported; CreateSecret does
not use the ClientRequestToken as the version ID, so that a rollback treats its own value as a manual change.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import urllib.request

import boto3
import pytest
from botocore.exceptions import ClientError
from fault_proxy import FaultProxy
from shield_helpers import make_app, run

from shield_ai.aws.export.operator import operator_policy
from shield_ai.model.manifest_parser import parse_manifest
from shield_ai.sandbox.emulator.supervised import SupervisedProcess

PROGRAM = os.environ.get("SHIELD_MINISTACK", "")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="make test-iam runs it")
REGION = "us-east-1"
KNOWN_WRONGS = ["iam:CreatePolicy", "iam:AttachRolePolicy", "iam:DetachRolePolicy"]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


def service(name, **settings):
    """Open a client with the current credentials; boto3's default session caches earlier ones."""
    return boto3.session.Session().client(name, **settings)


def answers(port):
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"http://127.0.0.1:{port}/_ministack/health", timeout=2
        ).close()
    except OSError:
        return None
    return True


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ministack")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "GATEWAY_PORT": str(port),
        "TMPDIR": str(folder),
    }
    child = SupervisedProcess(
        "ministack", [[PROGRAM]], log=folder / "log", env=environment, cwd=folder
    )
    try:
        child.wait_until(lambda: answers(port), 60)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.stop()


@pytest.fixture
def root(server, no_real_aws, monkeypatch):
    """Use the account's root user, who has all permissions."""
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)


def make_role(name):
    service("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    return f"arn:aws:iam::{service('sts').get_caller_identity()['Account']}:role/{name}"


def session(arn):
    keys = service("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return boto3.session.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=REGION,
    )


def use_credentials(who, monkeypatch):
    """Run shield with the credentials of a session."""
    keys = who.get_credentials()
    for name, value in {
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.token,
    }.items():
        monkeypatch.setenv(name, value)


def may_read(client, name):
    try:
        client.get_secret_value(SecretId=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


@pytest.fixture
def app(root, tmp_path):
    make_app(tmp_path)
    run("draft", cwd=tmp_path)
    name = f"shop-{secrets.token_hex(3)}"
    toml = tmp_path / "shield.toml"
    text = toml.read_text()
    _head, rest = text.split("[[secret]]", 1)
    toml.write_text(
        f'[app]\nname = "{name}"\nsettings = ["shop/settings.py"]\nprefix = "{name}/"\nrole = "{name}-app"\n\n[[secret]]'
        + rest
    )
    return tmp_path


def manifest(app):
    return parse_manifest((app / "shield.toml").read_text())


def run_ok(*arguments, app):
    done = run(*arguments, "--only", "aws", cwd=app)
    assert done.code == 0, done.text
    return done.out + done.err


def test_role_reads_only_its_secrets_and_none_with_similar_names(app):
    parsed = manifest(app)
    arn = make_role(parsed.app.role)
    run_ok("apply", "--env-file", ".env", "--yes", app=app)
    ours = [
        f"{parsed.app.prefix}{name}"
        for name in ("django-secret-key", "mail-api-key", "database-credentials")
    ]
    ends = (
        "2",
        "-old",
        "x",
        "-2",
        "_",
        ".",
        "/a",
        "-backup-key",
        "s",
        "-key-AbCdEf",
        "-new1",
        "+",
        "=",
        "@",
        "-a",
        "-b1",
    )
    others = [name + end for name in ours for end in ends] + [
        f"{parsed.app.name}",
        f"{parsed.app.name}2/mail-api-key",
    ]
    for name in others:
        service("secretsmanager").create_secret(Name=name, SecretString="not yours")
    client = session(arn).client("secretsmanager")
    assert len(others) == 50
    assert [name for name in ours if not may_read(client, name)] == []
    assert [name for name in others if may_read(client, name)] == []
    text = run_ok("verify", app=app)
    assert "ok       the app's role may read its secrets" in text
    assert "ok       the app's role may read no secret with a similar name" in text


def test_verify_as_the_role_and_without_permission_to_assume_it(app, monkeypatch):
    parsed = manifest(app)
    arn = make_role(parsed.app.role)
    run_ok("apply", "--env-file", ".env", "--yes", app=app)
    with monkeypatch.context() as patch:
        use_credentials(session(arn), patch)
        text = run("verify", "--only", "aws", cwd=app).text
    assert "ok       the app's role may read its secrets\n  ok " in text
    with FaultProxy(os.environ["AWS_ENDPOINT_URL"]) as proxy:
        proxy.answer("AssumeRole", "AccessDenied", at=None, status=403)
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        text = run_ok("verify", app=app)
    assert (
        "according to IAM's policy simulator, because the app's role can't be assumed: AWS denied"
        in text
    )
    assert "ok       the app's role may read no secret with a similar name" in text


def test_wildcard_in_another_policy_of_the_role_is_found(app):
    parsed = manifest(app)
    make_role(parsed.app.role)
    run_ok("apply", "--env-file", ".env", "--yes", app=app)
    wide = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
        ],
    }
    service("iam").put_role_policy(
        RoleName=parsed.app.role, PolicyName="wide", PolicyDocument=json.dumps(wide)
    )
    done = run("verify", "--only", "aws", cwd=app)
    assert done.code == 1
    assert "failed   the app's role may read no secret with a similar name" in done.out


def test_operator_policy_is_sufficient_and_minimal(app, monkeypatch):
    parsed = manifest(app)
    make_role(parsed.app.role)
    arn = make_role(f"{parsed.app.name}-operator")
    account = service("sts").get_caller_identity()["Account"]
    document = json.dumps(operator_policy(parsed, account))
    service("iam").put_role_policy(
        RoleName=f"{parsed.app.name}-operator", PolicyName="operator", PolicyDocument=document
    )
    wrongs = {"Effect": "Allow", "Action": KNOWN_WRONGS, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [wrongs]})
    service("iam").put_role_policy(
        RoleName=f"{parsed.app.name}-operator", PolicyName="wrongs", PolicyDocument=document
    )
    service("secretsmanager").create_secret(Name=f"{parsed.app.name}-theirs", SecretString="x")
    operator = session(arn)
    use_credentials(operator, monkeypatch)
    run_ok("apply", "--env-file", ".env", "--yes", app=app)
    run_ok("verify", app=app)
    assert not may_read(operator.client("secretsmanager"), f"{parsed.app.name}-theirs")
