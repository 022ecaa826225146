from __future__ import annotations

import json
import secrets

import boto3
import pytest

from shield_ai.aws.account import Account
from shield_ai.aws.session import Session
from shield_ai.manifest import App, Manifest, Rotation, Secret
from shield_ai.model import Hidden, Kind, Status
from shield_ai.verify_aws import verify_account

FIELDS = {"username": "DB_USER", "password": "DB_PASSWORD", "host": "DB_HOST"}
MAIL = Secret(name="mail-key", env="MAIL_KEY")
DB = Secret(name="db", kind=Kind.DATABASE, fields=FIELDS, rotate=Rotation(every="30 days", sslmode="disable"))


def checks(*entries, **app):
    manifest = Manifest(app=App(name="shop", **app), secret=entries or (MAIL,))
    return {check.name: check for check in verify_account(manifest, Account(Session("us-east-1")))}


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
        pytest.param(policy("*"), Status.FAILED, id="everybody"),
        pytest.param(policy({"AWS": "*"}), Status.FAILED, id="every account"),
        pytest.param(policy("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), Status.OK, id="on a condition"),
        pytest.param(policy("*", Effect="Deny"), Status.OK, id="nobody"),
        pytest.param(policy({"AWS": "arn:aws:iam::123456789012:root"}), Status.OK, id="the account"),
    ],
)  # fmt: skip
def test_who_may_read_a_secret(mail, document, status):
    if document:
        client().put_resource_policy(SecretId="mail-key", ResourcePolicy=document)
    check = checks()["no secret is open to other accounts"]
    assert check.status is status
    assert ("mail-key" in check.detail) == (status is Status.FAILED)


def test_a_key_that_is_on_off_and_not_there(mail):
    key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    title = f"the KMS key {key} can be used"
    assert checks(kms_key=key)[title].status is Status.OK
    boto3.client("kms").disable_key(KeyId=key)
    assert checks(kms_key=key)[title].detail == "it is Disabled"
    assert checks(kms_key="alias/nonesuch")["the KMS key alias/nonesuch can be used"].detail == "it is not there"
    assert not any("KMS" in name for name in checks())


def test_what_can_not_be_looked_at_is_unknown_with_why(mail):
    """The embedded AWS has no policy simulator."""
    boto3.client("iam").create_role(
        RoleName="Shop", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )
    found = [check for name, check in checks(role="Shop").items() if "the app's role" in name]
    assert [check.status for check in found] == [Status.UNKNOWN, Status.UNKNOWN]
    assert "iam:SimulatePrincipalPolicy" in found[0].detail


def test_a_database_takes_the_login_or_not(mail, postgres):
    role, password = f"r_{secrets.token_hex(4)}", Hidden(secrets.token_urlsafe(12))
    postgres.create_role_and_database(role, password, role)
    document = {
        "username": role,
        "password": password.reveal(),
        "host": "127.0.0.1",
        "port": postgres.port,
        "database": role,
    }
    client().create_secret(Name="db", SecretString=json.dumps(document))
    assert checks(DB)["db logs in"].status is Status.OK
    client().put_secret_value(SecretId="db", SecretString=json.dumps({**document, "password": secrets.token_hex(8)}))
    check = checks(DB)["db logs in"]
    assert (check.status, check.detail) == (Status.FAILED, "the database does not accept user and password")
    client().put_secret_value(SecretId="db", SecretString=json.dumps({**document, "port": 1}))
    check = checks(DB)["db logs in"]
    assert check.status is Status.UNKNOWN
    assert check.detail.startswith("not tried: ")
    assert password.reveal() not in check.detail
