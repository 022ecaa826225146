from __future__ import annotations

import json

import boto3
import pytest
from fault_proxy import FaultProxy

from shield_ai.aws.live.account import Account
from shield_ai.aws.live.kinds.policy import Policy
from shield_ai.aws.live.kinds.policy_attachment import PolicyAttachment
from shield_ai.aws.live.session import Session
from shield_ai.model.errors import AwsError

ARN = "arn:aws:iam::123456789012:policy/shop-read"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def document(*resources):
    statement = {
        "Sid": "A",
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": [
            f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{r}" for r in resources
        ],
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def settings(*resources, **tags):
    return {"document": document(*resources), "tags": tags}


CHANGED = settings("b", app="shop")


@pytest.fixture
def policy(aws):
    return Policy(Session("us-east-1"))


@pytest.fixture
def attachment(aws):
    return PolicyAttachment(Session("us-east-1"))


def versions():
    return boto3.client("iam").list_policy_versions(PolicyArn=ARN)["Versions"]


def test_policy_is_created_changed_and_deleted(policy):
    assert policy.read("shop-read") is None
    for wanted in (
        settings("a", app="shop"),
        settings("a", "b", app="shop"),
        settings("b", team="web"),
    ):
        policy.upsert("shop-read", wanted, policy.read("shop-read"))
        assert policy.read("shop-read") == wanted
    assert [v["VersionId"] for v in versions() if v["IsDefaultVersion"]] == ["v3"]
    for _ in range(2):
        policy.delete("shop-read")
        assert policy.read("shop-read") is None


def test_changed_tags_create_no_version(policy):
    policy.upsert("shop-read", settings("a", app="shop"), None)
    policy.upsert("shop-read", settings("a", app="other"), policy.read("shop-read"))
    assert len(versions()) == 1
    assert policy.read("shop-read")["tags"] == {"app": "other"}


def test_old_versions_are_deleted(policy):
    for number in range(9):
        policy.upsert("shop-read", settings(f"r{number}"), policy.read("shop-read"))
    assert policy.read("shop-read") == settings("r8")
    assert len(versions()) <= 4


@pytest.mark.parametrize(
    "operation", ["CreatePolicy", "CreatePolicyVersion", "AttachRolePolicy", "DetachRolePolicy"]
)
def test_lost_response(policy, aws, monkeypatch, operation):
    boto3.client("iam").create_role(RoleName="Shop", AssumeRolePolicyDocument=TRUST)
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        account = Account(Session("us-east-1"))
        proxy.cut(operation, after=True)
        account.resources.reconcile("policy", "shop-read", settings("a"))
        account.resources.reconcile("policy", "shop-read", settings("b"))
        account.resources.reconcile(
            "policy-attachment", "Shop/shop-read", {"role": "Shop", "policy": ARN}
        )
        account.resources.reconcile("policy-attachment", "Shop/shop-read", None)
        account.resources.reconcile(
            "policy-attachment", "Shop/shop-read", {"role": "Shop", "policy": ARN}
        )
        assert proxy.count(operation) >= 2
        keys = [("policy", "shop-read"), ("policy-attachment", "Shop/shop-read")]
        assert account.resources.read(keys) == {
            keys[0]: settings("b"),
            keys[1]: {"role": "Shop", "policy": ARN},
        }


def test_policy_is_attached_and_detached(policy, attachment):
    boto3.client("iam").create_role(RoleName="Shop", AssumeRolePolicyDocument=TRUST)
    policy.upsert("shop-read", settings("a"), None)
    wanted = {"role": "Shop", "policy": ARN}
    assert attachment.read("Shop/shop-read") is None
    attachment.upsert("Shop/shop-read", wanted, None)
    assert attachment.read("Shop/shop-read") == wanted
    for _ in range(2):
        attachment.delete("Shop/shop-read")
        assert attachment.read("Shop/shop-read") is None


def test_policy_with_equal_name_and_other_path_is_replaced(attachment):
    client = boto3.client("iam")
    client.create_role(RoleName="Shop", AssumeRolePolicyDocument=TRUST)
    for path in ("/old/", "/"):
        client.create_policy(
            PolicyName="shop-read", Path=path, PolicyDocument=json.dumps(document("a"))
        )
        if path == "/old/":
            client.attach_role_policy(
                RoleName="Shop", PolicyArn="arn:aws:iam::123456789012:policy/old/shop-read"
            )
    attachment.upsert(
        "Shop/shop-read", {"role": "Shop", "policy": ARN}, attachment.read("Shop/shop-read")
    )
    assert attachment.read("Shop/shop-read") == {"role": "Shop", "policy": ARN}


def test_missing_role(policy, attachment):
    policy.upsert("shop-read", settings("a"), None)
    assert attachment.read("Nobody/shop-read") is None
    attachment.delete("Nobody/shop-read")
    with pytest.raises(AwsError, match="IAM role Nobody does not exist"):
        attachment.upsert("Nobody/shop-read", {"role": "Nobody", "policy": ARN}, None)
    with pytest.raises(AwsError, match="IAM role Nobody does not exist in account 123456789012"):
        Account(Session("us-east-1")).require_role("Nobody")


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ("GetPolicy", "iam:GetPolicy"),
        ("GetPolicyVersion", "iam:GetPolicyVersion"),
        ("CreatePolicyVersion", "iam:CreatePolicyVersion"),
        ("TagPolicy", "iam:TagPolicy"),
        ("ListPolicyVersions", "iam:ListPolicyVersions"),
        ("DeletePolicy", "iam:DeletePolicy"),
    ],
)
def test_missing_permission_is_named(policy, aws, monkeypatch, operation, permission):
    policy.upsert("shop-read", settings("a"), None)
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        denied = Policy(Session("us-east-1"))
        proxy.answer(operation, "AccessDenied", status=403)
        live = None if operation.startswith("Get") else denied.read("shop-read")
        with pytest.raises(AwsError, match=f"AWS denied {permission} on shop-read"):
            denied.delete("shop-read") if operation == "DeletePolicy" else denied.upsert(
                "shop-read", CHANGED, live
            )
