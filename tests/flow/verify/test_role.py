from __future__ import annotations

import json

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from fault_proxy import FaultProxy
from msgspec.structs import replace

from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.live.account import Account
from shield_ai.aws.live.session import Session
from shield_ai.flow.verify.check import Status
from shield_ai.flow.verify.role import (
    ROLE_READS_NO_OTHER,
    ROLE_READS_OWN,
    read_secrets,
    verify_role,
)
from shield_ai.model.hidden import Hidden
from shield_ai.model.manifest import App, Manifest, Secret

REGION = "us-east-1"
ACCOUNT = "123456789012"
NAMES = ("mail-key", "db")


def manifest(**app):
    secret = tuple(Secret(name=name, env=name.upper()) for name in NAMES)
    return Manifest(app=App(name="shop", prefix="shop/", role="Shop", **app), secret=secret)


def give(document):
    boto3.client("iam").put_role_policy(
        RoleName="Shop", PolicyName="p", PolicyDocument=json.dumps(document)
    )


def wide(name):
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}"
    allowed = {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": [arn]}
    return {"Version": "2012-10-17", "Statement": [allowed]}


@pytest.fixture
def account(aws):
    client = boto3.client("secretsmanager")
    for name in NAMES:
        client.create_secret(Name=f"shop/{name}", SecretString=f"value of {name}")
    boto3.client("iam").create_role(RoleName="Shop", AssumeRolePolicyDocument="{}")
    return Account(Session(REGION))


def judged(made, account):
    seen = read_secrets(made, account)
    return seen, {check.id: check for check in verify_role(made, account, seen)}


@pytest.mark.parametrize(
    ("document", "reads", "similar"),
    [
        pytest.param(policy_document(manifest(), ACCOUNT), "", "", id="ours"),
        pytest.param(
            policy_document(manifest(prefetch=True), ACCOUNT), "", "", id="ours, with batches"
        ),
        pytest.param(
            wide("shop/*"), "", "allowed: mail-key-not-yours, db-not-yours", id="a wildcard"
        ),
        pytest.param(wide("shop/mail-key-??????"), "denied: db", "", id="one secret"),
        pytest.param(wide("nothing"), "denied: mail-key, db", "", id="nothing"),
    ],
)
def test_reads_secrets_as_the_role(account, document, reads, similar):
    give(document)
    seen, found = judged(manifest(), account)
    assert [found[title].detail for title in (ROLE_READS_OWN.id, ROLE_READS_NO_OTHER.id)] == [
        reads,
        similar,
    ]
    assert [found[title].status for title in (ROLE_READS_OWN.id, ROLE_READS_NO_OTHER.id)] == [
        Status.FAILED if detail else Status.OK for detail in (reads, similar)
    ]
    assert seen.role is not None
    if not reads:
        assert seen.values == {f"shop/{name}": Hidden(f"value of {name}") for name in NAMES}


def test_asks_iam_if_the_role_cannot_be_assumed(account, aws, monkeypatch):
    """The AWS emulator has no policy simulator; test_ministack.py tests that case."""
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("AssumeRole", "AccessDenied", at=None, status=403)
        seen, found = judged(manifest(), Account(Session(REGION)))
    assert seen.role is None
    assert [value.reveal() for value in seen.values.values()] == [
        "value of mail-key",
        "value of db",
    ]
    assert {check.status for check in found.values()} == {Status.UNKNOWN}
    assert "iam:SimulatePrincipalPolicy" in found[ROLE_READS_OWN.id].detail


@pytest.mark.parametrize("role", ["Shop", "team/Shop", f"arn:aws:iam::{ACCOUNT}:role/team/Shop"])
def test_simulates_the_role_with_its_path(account, aws, monkeypatch, role):
    asked = set()

    def answer(model, params, **_):
        asked.add(params["body"]["PolicySourceArn"])
        decision = {"EvalDecision": "allowed", "EvalActionName": "x"}
        return AWSResponse("", 200, {}, None), {"EvaluationResults": [decision]}

    made = manifest()
    made = replace(made, app=replace(made.app, role=role))
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("AssumeRole", "AccessDenied", at=None, status=403)
        account = Account(Session(REGION))
        account.session.iam().meta.events.register(
            "before-call.iam.SimulatePrincipalPolicy", answer
        )
        _, found = judged(made, account)
    assert asked == {f"arn:aws:iam::{ACCOUNT}:role/{'Shop' if role == 'Shop' else 'team/Shop'}"}
    assert found[ROLE_READS_OWN.id].status is Status.OK


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "DecryptionFailure", "InternalServiceError"]
)
def test_errors_say_nothing_about_permissions(account, aws, monkeypatch, code):
    give(policy_document(manifest(), ACCOUNT))
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        for operation in ("GetSecretValue", "BatchGetSecretValue"):
            proxy.answer(operation, code, at=None)
        _, found = judged(manifest(), Account(Session(REGION)))
    assert {check.status for check in found.values()} == {Status.UNKNOWN}


def test_no_check_without_a_role(account):
    made = Manifest(app=App(name="shop", prefix="shop/"), secret=manifest().secret)
    seen, found = judged(made, account)
    assert (len(seen.values), found) == (2, {})
