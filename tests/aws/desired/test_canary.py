from __future__ import annotations

import json

import pytest

from shield_ai.aws.desired import resources
from shield_ai.aws.desired.canary import MAX_INPUT_SIZE, canary_resources, monitored_secrets
from shield_ai.model.manifest_parser import parse_manifest

ACCOUNT, REGION = "123456789012", "eu-central-1"
TEXT = """
[app]
name = "shop"
region = "eu-central-1"
prefix = "shop/prod/"
role = "Shop"

[monitoring]
email = ["ops@example.com"]

[rotation]

[[secret]]
name = "database"
kind = "database"
fields = { username = "DB_USER", password = "DB_PASSWORD" }
rotate = { every = "30 days" }

[[secret]]
name = "session-key"
env = "SESSION_KEY"
rotate = { every = "cron(0 3 1 * ? *)", strategy = "random-value" }

[[secret]]
name = "by-hand"
env = "BY_HAND"
rotate = "manual"
"""


def describe(text=TEXT):
    return {
        r.key: r.settings for r in canary_resources(parse_manifest(text), ACCOUNT, lambda _: None)
    }


def test_resources_are_in_order_of_dependency():
    name = "shop-prod-canary"
    assert [*describe()] == [
        ("log-group", f"/aws/lambda/{name}"),
        ("rotation-role", f"{name}-{REGION}"),
        ("function", name),
        ("schedule", name),
        ("alarm", "shop-prod-secret-login-failed"),
        ("alarm", "shop-prod-secret-overdue"),
        ("alarm", "shop-prod-rotate-database-errors"),
        ("alarm", "shop-prod-rotate-session-key-errors"),
    ]
    keys = [r.key for r in resources(parse_manifest(TEXT), ACCOUNT, lambda _: None)]
    assert [key for key in keys if key in describe()] == [*describe()]
    assert len(set(keys)) == len(keys)


def test_alarm_on_each_rotation_function():
    alarm = describe()["alarm", "shop-prod-rotate-database-errors"]
    assert (alarm["namespace"], alarm["metric"], alarm["threshold"]) == ("AWS/Lambda", "Errors", 0)
    assert alarm["dimensions"] == {"FunctionName": "shop-prod-rotate-database"}
    assert ("function", "shop-prod-rotate-database") in {
        r.key for r in resources(parse_manifest(TEXT), ACCOUNT, lambda _: None)
    }


def test_input_of_the_canary():
    target_input = describe()["schedule", "shop-prod-canary"]["input"]
    assert target_input == {
        "namespace": "ShieldAI/shop-prod",
        "secrets": [
            {
                "name": "shop/prod/database",
                "hours": 720,
                "login": True,
                "environ": {"ROTATION_STRATEGY": "single-user"},
            },
            {"name": "shop/prod/session-key", "hours": 744, "login": False},
        ],
    }


def test_role_permissions():
    statements = describe()["rotation-role", f"shop-prod-canary-{REGION}"]["document"]["Statement"]
    look, tell, log = statements
    base = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/prod/"
    assert look["Resource"] == [f"{base}database-??????", f"{base}session-key-??????"]
    assert tell["Condition"] == {"StringEquals": {"cloudwatch:namespace": "ShieldAI/shop-prod"}}
    assert (
        log["Resource"]
        == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/shop-prod-canary:*"
    )


@pytest.mark.parametrize(
    "without",
    [
        pytest.param(TEXT.replace("[rotation]", ""), id="no functions"),
        pytest.param(TEXT.replace('email = ["ops@example.com"]', ""), id="no recipient"),
        pytest.param(TEXT.replace("rotate =", "#"), id="no rotation"),
    ],
)
def test_no_canary(without):
    assert not monitored_secrets(parse_manifest(without))
    assert describe(without) == {}


def test_overdue_alarm_is_not_duplicated():
    text = TEXT.replace("[monitoring]", "[monitoring]\noverdue = 2")
    assert ("alarm", "shop-prod-secret-overdue") not in describe(text)
    keys = [r.key for r in resources(parse_manifest(text), ACCOUNT, lambda _: None)]
    assert keys.count(("alarm", "shop-prod-secret-overdue")) == 1


def test_input_is_split_at_the_size_limit():
    template = '[[secret]]\nname = "key-{}"\nenv = "KEY_{}"\nrotate = {{ every = "30 days", strategy = "random-value" }}\n'
    text = TEXT + "".join(template.format(n, n) for n in range(300))
    parts = [
        settings["input"] for (kind, _), settings in describe(text).items() if kind == "schedule"
    ]
    assert len(parts) > 1
    assert all(len(json.dumps(part)) <= MAX_INPUT_SIZE for part in parts)
    assert len({secret["name"] for part in parts for secret in part["secrets"]}) == 302
