from __future__ import annotations

import boto3
import pytest

from shield_ai.aws.desired.canary import canary_resources
from shield_ai.aws.live.account import Account
from shield_ai.aws.live.session import Session
from shield_ai.model.manifest_parser import parse_manifest

REGION = "us-east-1"
TEXT = """
[app]
name = "shop"
[monitoring]
email = ["ops@example.com"]
[rotation]
[[secret]]
name = "database"
kind = "database"
fields = { username = "DB_USER", password = "DB_PASSWORD" }
rotate = { every = "30 days" }
"""


@pytest.fixture
def live(aws):
    return Account(Session(REGION)).resources


def test_canary_is_created_changed_and_deleted(live):
    first = [*canary_resources(parse_manifest(TEXT), "123456789012", lambda _: None)]
    later = [
        *canary_resources(
            parse_manifest(TEXT.replace("30 days", "7 days")),
            "123456789012",
            lambda _: None,
        )
    ]
    keys = [resource.key for resource in first]
    for wanted in (first, first, later):
        for resource in wanted:
            live.reconcile(*resource.key, resource.settings)
        assert live.read(keys) == {resource.key: resource.settings for resource in wanted}
    for _ in range(2):
        for key in reversed(keys):
            live.reconcile(*key, None)
        assert set(live.read(keys).values()) == {None}


def test_missing_permission_to_call_the_function_is_detected(live):
    wanted = [*canary_resources(parse_manifest(TEXT), "123456789012", lambda _: None)]
    for resource in wanted:
        live.reconcile(*resource.key, resource.settings)
    boto3.client("lambda", REGION).remove_permission(
        FunctionName="shop-canary", StatementId="schedule-shop-canary"
    )
    assert live.read([("schedule", "shop-canary")])["schedule", "shop-canary"]["function"] == ""


def test_the_permission_of_a_disabled_rule_is_deleted(live):
    wanted = [*canary_resources(parse_manifest(TEXT), "123456789012", lambda _: None)]
    for resource in wanted:
        live.reconcile(*resource.key, resource.settings)
    functions = boto3.client("lambda", REGION)
    assert "schedule-shop-canary" in functions.get_policy(FunctionName="shop-canary")["Policy"]
    boto3.client("events", REGION).disable_rule(Name="shop-canary")
    live.reconcile("schedule", "shop-canary", None)
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_policy(FunctionName="shop-canary")
