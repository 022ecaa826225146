from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from fault_proxy import FaultProxy

from shield_ai.aws.live.account import Account
from shield_ai.aws.live.session import Session
from shield_ai.flow.rotate.run import SecretRotator
from shield_ai.flow.verify.account import (
    DATABASE_LOGIN,
    KMS_KEY_USABLE,
    NO_RECENT_FALLBACK,
    ROTATION_ON_TIME,
    SECRETS_PRIVATE,
    verify_account,
    verify_rotations,
)
from shield_ai.flow.verify.check import Status
from shield_ai.flow.verify.role import read_secrets
from shield_ai.model.finding import Kind
from shield_ai.model.hidden import Hidden
from shield_ai.model.manifest import (
    App,
    Manifest,
    Monitoring,
    Rotation,
    Secret,
)

FIELDS = {"username": "DB_USER", "password": "DB_PASSWORD", "host": "DB_HOST"}
MAIL = Secret(name="mail-key", env="MAIL_KEY")
DB = Secret(
    name="db",
    kind=Kind.DATABASE,
    fields=FIELDS,
    rotate=Rotation(every="30 days", sslmode="disable"),
)


ON_SCHEDULE = Secret(name="mail-key", env="MAIL_KEY", rotate=Rotation(every="30 days"))


def rotation_check(now, secret=ON_SCHEDULE, value="x"):
    manifest = Manifest(app=App(name="shop"), secret=(secret,))
    values = {secret.name: Hidden(value)}
    [check] = verify_rotations(manifest, Account(Session("us-east-1")), values, now)
    return check


def checks(*entries, monitoring=Monitoring(), **app):  # frozen
    manifest = Manifest(
        app=App(name="shop", **app), secret=entries or (MAIL,), monitoring=monitoring
    )
    aws = Account(Session("us-east-1"))
    return {
        check.id: check
        for check in verify_account(manifest, aws, read_secrets(manifest, aws).values)
    }


def client():
    return boto3.client("secretsmanager")


@pytest.fixture
def mail(aws):
    client().create_secret(Name="mail-key", SecretString="x")


def policy(principal, **more):
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("document", "status"),
    [
        pytest.param(None, Status.OK, id="no policy"),
        pytest.param(policy("*"), Status.FAILED, id="public"),
        pytest.param(policy({"AWS": "*"}), Status.FAILED, id="every account"),
        pytest.param(policy({"AWS": ["arn:aws:iam::1:root", "*"]}), Status.FAILED, id="list"),
        pytest.param(policy("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), Status.OK, id="on a condition"),
        pytest.param(policy("*", Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}), Status.OK, id="roles of an account"),
        pytest.param(policy("*", Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}), Status.FAILED, id="a role of each account"),
        pytest.param(policy("*", Condition={"Bool": {"aws:SecureTransport": "true"}}), Status.FAILED, id="everybody with TLS"),
        pytest.param(policy("*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), Status.FAILED, id="other organizations"),
        pytest.param(policy("*", Condition={"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}), Status.FAILED, id="each address"),
        pytest.param(policy("*", Effect="Deny"), Status.OK, id="deny"),
        pytest.param(policy({"AWS": "arn:aws:iam::123456789012:root"}), Status.OK, id="the account"),
        pytest.param(policy({"AWS": "arn:aws:iam::999999999999:root"}), Status.FAILED, id="another account"),
        pytest.param(policy("*", Condition={"StringLike": {"aws:PrincipalOrgID": "o-*"}}), Status.FAILED, id="each organization"),
    ],
)  # fmt: skip
def test_checks_resource_policies(mail, document, status):
    if document:
        client().put_resource_policy(SecretId="mail-key", ResourcePolicy=document)
    check = checks()[SECRETS_PRIVATE.id]
    assert check.status is status
    assert ("mail-key" in check.detail) == (status is Status.FAILED)


def test_checks_the_kms_key(mail):
    key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    assert checks(kms_key=key)[KMS_KEY_USABLE.id].status is Status.OK
    boto3.client("kms").disable_key(KeyId=key)
    assert checks(kms_key=key)[KMS_KEY_USABLE.id].detail == "it is Disabled"
    assert checks(kms_key="alias/nonesuch")[KMS_KEY_USABLE.id].detail == "it is missing"
    assert KMS_KEY_USABLE.id not in checks()


WATCHED = Monitoring(email=("ops@example.com",))
FALLBACK = NO_RECENT_FALLBACK.id


def test_checks_fallbacks(mail):
    assert FALLBACK not in checks()
    check = checks(monitoring=WATCHED)[FALLBACK]
    assert (check.status, check.detail) == (Status.UNKNOWN, "no process has sent metrics")
    assert "cloudwatch:ShieldAI/shop" in check.hint
    for value, status, detail in ((0, Status.OK, ""), (2, Status.FAILED, "2 times")):
        boto3.client("cloudwatch").put_metric_data(
            Namespace="ShieldAI/shop", MetricData=[{"MetricName": "FallbackToEnv", "Value": value}]
        )
        check = checks(monitoring=WATCHED)[FALLBACK]
        assert (check.status, check.detail) == (status, detail)


@pytest.mark.parametrize(
    ("days", "status", "detail"),
    [
        pytest.param(1, Status.OK, "", id="new"),
        pytest.param(30.5, Status.OK, "", id="due within the grace period"),
        pytest.param(32, Status.FAILED, "mail-key was due on 20", id="late"),
    ],
)
def test_checks_rotations(mail, days, status, detail):
    assert ROTATION_ON_TIME.id not in checks()
    check = rotation_check(datetime.now(UTC) + timedelta(days=days))
    assert check.status is status
    assert check.detail.startswith(detail)


@pytest.mark.parametrize(
    ("days", "status", "hint"),
    [
        pytest.param(0.1, Status.OK, "", id="new"),
        pytest.param(
            2,
            Status.FAILED,
            "resume with shield rotate --resume mail-key, or cancel with shield rotate --cancel mail-key",
            id="since two days",
        ),
    ],
)
def test_a_pending_rotation_is_named(mail, days, status, hint):
    client().put_secret_value(SecretId="mail-key", SecretString="new", VersionStages=["AWSPENDING"])
    check = rotation_check(datetime.now(UTC) + timedelta(days=days))
    assert (check.status, check.hint) == (status, hint)
    assert check.detail.startswith("mail-key: rotation pending since 20")


@pytest.mark.parametrize(
    ("more", "detail"),
    [
        pytest.param({}, "db: the database engine is unknown", id="unknown"),
        pytest.param({"port": 5432}, "", id="by its port"),
        pytest.param({"engine": "mysql"}, "", id="in the value"),
    ],
)
def test_reports_rotations_of_an_unknown_engine(aws, more, detail):
    value = json.dumps({"username": "u", "password": "p", "host": "db", "port": 33071, **more})
    client().create_secret(Name="db", SecretString=value)
    check = rotation_check(datetime.now(UTC), DB, value)
    assert (check.status is Status.FAILED, check.detail) == (bool(detail), detail)
    assert ("set rotate.engine in shield.toml" in check.hint) == bool(detail)


def test_a_denied_call_makes_a_check_unknown(mail, aws, monkeypatch):
    calls = {
        "DescribeKey": KMS_KEY_USABLE.id,
        "GetResourcePolicy": SECRETS_PRIVATE.id,
        "ListSecretVersionIds": ROTATION_ON_TIME.id,
        "GetMetricStatistics": FALLBACK,
    }
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        for operation in calls:
            proxy.answer(operation, "AccessDeniedException", at=None)
        found = checks(ON_SCHEDULE, kms_key="alias/x", monitoring=WATCHED)
    for operation, check_id in calls.items():
        assert found[check_id].status is Status.UNKNOWN
        assert f":{operation}" in found[check_id].detail
        assert found[check_id].hint


def test_checks_database_logins(mail, postgres):
    role, password = f"r_{secrets.token_hex(4)}", Hidden(secrets.token_urlsafe(12))
    postgres.create_role_and_database(role, password, role)
    document = {
        "engine": "postgres",
        "username": role,
        "password": password.reveal(),
        "host": "127.0.0.1",
        "port": postgres.port,
        "database": role,
    }
    client().create_secret(Name="db", SecretString=json.dumps(document))
    assert checks(DB)[DATABASE_LOGIN.id].status is Status.OK
    client().put_secret_value(
        SecretId="db", SecretString=json.dumps({**document, "password": secrets.token_hex(8)})
    )
    check = checks(DB)[DATABASE_LOGIN.id]
    assert (check.status, check.detail) == (
        Status.FAILED,
        "the database rejects the user and password",
    )
    assert "conflict ask --env-file FILE, with the right values of DB_USER, " in check.hint
    assert "can be reached" not in check.hint
    SecretRotator(
        Manifest(app=App(name="shop"), secret=(DB,)), Path(), Session("us-east-1")
    ).rotate(DB)
    assert "if an older version of the secret has the password, shield rotate db " in check.hint
    assert checks(DB)[DATABASE_LOGIN.id].status is Status.OK
    client().put_secret_value(SecretId="db", SecretString=json.dumps({**document, "port": 1}))
    check = checks(DB)[DATABASE_LOGIN.id]
    assert check.status is Status.UNKNOWN
    assert check.detail.startswith("not tried: ")
    assert check.hint == "run shield on a host that can reach the database"
    client().put_secret_value(
        SecretId="db", SecretString=json.dumps({**document, "sslmode": "verify-full"})
    )
    assert 'sslmode = "disable"' in checks(DB)[DATABASE_LOGIN.id].hint
    assert password.reveal() not in check.detail
