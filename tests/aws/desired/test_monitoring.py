from __future__ import annotations

import json

import pytest

from shield_ai.aws.desired import resources
from shield_ai.aws.desired.event_rules import ALL_EVENTS, MAX_PATTERN_SIZE
from shield_ai.aws.desired.monitoring import monitoring_resources
from shield_ai.aws.desired.monitoring_context import metric_namespace
from shield_ai.model.errors import ManifestError
from shield_ai.model.manifest import App, Manifest, Monitoring, Secret

ACCOUNT, REGION = "123456789012", "eu-central-1"


def manifest(*names, prefix="", role="Shop", **monitoring):
    secrets = tuple(Secret(name=name, env="X") for name in names or ("stripe-key", "database"))
    app = App(name="shop", region=REGION, prefix=prefix, role=role)
    return Manifest(
        app=app,
        secret=secrets,
        monitoring=Monitoring(**{"email": ("ops@example.com",), **monitoring}),
    )


def describe(*names, **options):
    return {r.key: r.settings for r in monitoring_resources(manifest(*names, **options), ACCOUNT)}


def pattern(rule, **options):
    return describe(**options)["event-rule", f"shop-{rule}"]["pattern"]["detail"]


def test_resources_are_in_order_of_dependency():
    ordered = [
        ("queue", "shop-secrets-undelivered"),
        ("topic", "shop-secrets-alarms"),
        ("event-rule", "shop-secret-rotation-failed"),
        ("event-rule", "shop-secret-deleted"),
        ("event-rule", "shop-secret-read-by-others"),
        ("alarm", "shop-secret-errors"),
        ("alarm", "shop-secret-fallback"),
        ("dashboard", f"shop-secrets-{REGION}"),
    ]
    assert [key for key in describe() if key in ordered] == ordered
    keys = [resource.key for resource in resources(manifest(), ACCOUNT)]
    assert [key for key in keys if key in ordered] == ordered


@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param(manifest(email=()), id="no recipient"),
        pytest.param(Manifest(app=App(name="a")), id="no secret"),
    ],
)
def test_nothing_without_recipient_or_secret(nothing):
    assert [*monitoring_resources(nothing, ACCOUNT)] == []


def test_existing_topic_is_used():
    topic_arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:ops"
    resources_by_key = describe(email=(), topic=topic_arn)
    assert not any(kind == "topic" for kind, _ in resources_by_key)
    assert resources_by_key["alarm", "shop-secret-errors"]["actions"] == [topic_arn]
    assert resources_by_key["event-rule", "shop-secret-deleted"]["target"]["arn"] == topic_arn


def test_alarm_on_errors():
    alarm = describe()["alarm", "shop-secret-errors"]
    assert (alarm["metric"], alarm["threshold"], alarm["period"], alarm["periods"]) == (
        "SecretErrors",
        10,
        300,
        2,
    )
    assert describe(errors=3)["alarm", "shop-secret-errors"]["threshold"] == 3


@pytest.mark.parametrize(
    ("number", "times", "days"),
    [(0, "0 times", "0 days"), (1, "1 time", "1 day"), (2, "2 times", "2 days")],
)
def test_descriptions_of_alarms_have_correct_plurals(number, times, days):
    described = describe(errors=number, overdue=number)
    errors = described["alarm", "shop-secret-errors"]["description"]
    assert errors.startswith(f"get_secret() failed more than {times} in each")
    overdue = described["alarm", "shop-secret-overdue"]["description"]
    assert overdue.startswith(f"A rotation is more than {days} overdue")


def test_patterns_match_only_secrets_of_the_app():
    base = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"
    failed = pattern("secret-rotation-failed")
    assert failed["additionalEventData"]["SecretId"] == [
        {"wildcard": f"{base}stripe-key-*"},
        {"wildcard": f"{base}database-*"},
    ]
    assert pattern("secret-read-by-others")["requestParameters"]["secretId"][2:] == [
        "stripe-key",
        "database",
    ]


def test_prefix_makes_the_pattern_short():
    resources_by_key = describe(*(f"name-{n}" for n in range(500)), prefix="shop/prod/")
    base = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/prod/"
    detail = resources_by_key["event-rule", "shop-prod-secret-read-by-others"]["pattern"]["detail"]
    assert detail["requestParameters"]["secretId"] == [{"prefix": base}, {"prefix": "shop/prod/"}]


def test_pattern_is_split_at_the_size_limit():
    names = [f"a-rather-long-name-of-a-secret-{n}" for n in range(60)]
    rules = [
        s
        for (kind, name), s in describe(*names).items()
        if kind == "event-rule" and "deleted" in name
    ]
    assert len(rules) > 1
    assert all(
        len(json.dumps(rule["pattern"], separators=(",", ":"))) <= MAX_PATTERN_SIZE
        for rule in rules
    )
    listed = [
        value for rule in rules for value in rule["pattern"]["detail"]["responseElements"]["arn"]
    ]
    assert len(listed) == len({json.dumps(value) for value in listed}) == 60


def test_shared_prefix_is_not_matched():
    detail = describe(prefix="prod/")["event-rule", "shop-prod-secret-read-by-others"]["pattern"][
        "detail"
    ]
    filters = detail["requestParameters"]["secretId"]
    assert filters[2:] == ["prod/stripe-key", "prod/database"]
    assert filters[0]["wildcard"].endswith(":secret:prod/stripe-key-*")


def test_too_many_readers_for_a_rule():
    with pytest.raises(
        ManifestError, match=r"^shield.toml: .*readers does not fit .* \(2,048 char"
    ):
        describe(readers=tuple(f"role/Some-Team-Deployment-Role-{n}*" for n in range(25)))


def test_duplicate_email_addresses():
    resources_by_key = describe(email=("b@example.com", "a@example.com", "b@example.com"))
    assert resources_by_key["topic", "shop-secrets-alarms"]["emails"] == [
        "a@example.com",
        "b@example.com",
    ]


def test_readers():
    rule = describe(
        readers=("role/Deploy*", "role/aws-reserved/Admin_*", "role/Audit@999999999999", "user/eve")
    )["event-rule", "shop-secret-read-by-others"]
    assert rule["state"] == ALL_EVENTS
    assert rule["pattern"]["detail"]["userIdentity"]["arn"] == [
        {
            "anything-but": {
                "wildcard": [
                    f"arn:aws:sts::{ACCOUNT}:assumed-role/Shop/*",
                    f"arn:aws:sts::{ACCOUNT}:assumed-role/shop-*/*",
                    f"arn:aws:sts::{ACCOUNT}:assumed-role/Deploy*/*",
                    f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin_*/*",
                    "arn:aws:sts::999999999999:assumed-role/Audit/*",
                    f"arn:aws:iam::{ACCOUNT}:user/eve",
                ]
            }
        }
    ]


def test_message_uses_only_declared_paths():
    for (kind, _), settings in describe().items():
        if kind == "event-rule":
            template = settings["target"]["template"]
            assert all(f"<{path}>" in template for path in settings["target"]["paths"])
            assert template.count("<") == len(settings["target"]["paths"])


def test_metric_namespace():
    assert metric_namespace(manifest(prefix="shop/prod/")) == "ShieldAI/shop-prod"
    assert metric_namespace(manifest(namespace="Ours")) == "Ours"


def test_overdue_alarm_if_the_metric_is_published():
    assert ("alarm", "shop-secret-overdue") not in describe()
    alarm = describe(overdue=2)["alarm", "shop-secret-overdue"]
    assert (alarm["metric"], alarm["threshold"], alarm["missing"]) == (
        "SecretRotationOverdueDays",
        2,
        "breaching",
    )
    assert (alarm["period"], alarm["statistic"]) == (86_400, "Maximum")
