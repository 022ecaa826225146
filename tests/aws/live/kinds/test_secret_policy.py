from __future__ import annotations

import boto3
from fault_proxy import FaultProxy

from shield_ai.aws.live.kinds.secret_policy import SecretPolicy
from shield_ai.aws.live.session import Session

DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    ],
}


def test_policy_is_created_without_public_access_and_deleted(aws, monkeypatch):
    boto3.client("secretsmanager").create_secret(Name="a", SecretString="x")
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        policy = SecretPolicy(Session("us-east-1"))
        assert policy.read("a") is None
        policy.upsert("a", {"document": DOCUMENT}, None)
        assert policy.read("a") == {"document": DOCUMENT}
        assert [
            call.body["BlockPublicPolicy"]
            for call in proxy.calls
            if call.operation == "PutResourcePolicy"
        ] == [True]
        for _ in range(2):
            policy.delete("a")
            assert policy.read("a") is None


def test_missing_secret(aws):
    policy = SecretPolicy(Session("us-east-1"))
    assert policy.read("a") is None
    policy.delete("a")
