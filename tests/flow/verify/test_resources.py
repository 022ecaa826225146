from __future__ import annotations

import json

import boto3
import pytest
from fault_proxy import FaultProxy

from shield_ai.aws.desired import resources
from shield_ai.aws.live.account import Account
from shield_ai.aws.live.session import Session
from shield_ai.flow.verify.resources import verify_resources
from shield_ai.model.manifest import App, Manifest, Monitoring, Secret

ARN = "arn:aws:iam::123456789012:policy/shop-secrets-read-us-east-1"
MANIFEST = Manifest(
    app=App(name="shop", role="Shop"),
    monitoring=Monitoring(email=("ops@example.com",)),
    secret=(Secret(name="a", env="A"),),
)


def detach():
    boto3.client("iam").detach_role_policy(RoleName="Shop", PolicyArn=ARN)


def allow_all():
    everything = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    boto3.client("iam").create_policy_version(
        PolicyArn=ARN, PolicyDocument=document, SetAsDefault=True
    )


def silence():
    boto3.client("cloudwatch").delete_alarms(AlarmNames=["shop-secret-errors"])


def unsubscribe():
    client = boto3.client("sns")
    for found in client.list_subscriptions()["Subscriptions"]:
        client.unsubscribe(SubscriptionArn=found["SubscriptionArn"])


@pytest.mark.parametrize(
    ("harm", "detail"),
    [
        pytest.param(str, "", id="nothing"),
        pytest.param(
            detach, "policy-attachment Shop/shop-secrets-read-us-east-1 is missing", id="detached"
        ),
        pytest.param(allow_all, "policy shop-secrets-read-us-east-1 differs", id="wider"),
        pytest.param(silence, "alarm shop-secret-errors is missing", id="no alarm"),
        pytest.param(unsubscribe, "", id="unconfirmed address"),
    ],
)
def test_reports_missing_and_different_resources(aws, harm, detail):
    boto3.client("iam").create_role(RoleName="Shop", AssumeRolePolicyDocument="{}")
    account = Account(Session("us-east-1"))
    desired = resources(MANIFEST, aws.account)
    for resource in desired:
        account.resources.reconcile(resource.kind, resource.name, resource.settings)
    harm()
    (check,) = verify_resources(desired, account)
    assert check.detail == detail
    assert check.status == ("failed" if detail else "ok")
    assert bool(check.hint) == bool(detail)


def test_a_denied_call_makes_the_check_unknown(aws, monkeypatch):
    desired = resources(MANIFEST, aws.account)
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("GetPolicy", "AccessDenied", at=None, status=403)
        (check,) = verify_resources(desired[:1], Account(Session("us-east-1")))
        assert (check.status, check.detail) == (
            "unknown",
            f"AWS denied iam:GetPolicy on {desired[0].name}",
        )
        (check,) = verify_resources(desired, Account(Session("us-east-1")))
        assert check.status == "failed"
    assert "more" in check.detail
    assert list(verify_resources((), Account(Session("us-east-1")))) == []
