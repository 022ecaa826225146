"""Create, change and delete topics, queues, rules, alarms and dashboards in the AWS emulator."""

from __future__ import annotations

import boto3
import pytest
from fault_proxy import FaultProxy

from shield_ai.aws.desired.monitoring import monitoring_resources
from shield_ai.aws.live.account import Account
from shield_ai.aws.live.kinds.alarm import Alarm
from shield_ai.aws.live.kinds.dashboard import Dashboard
from shield_ai.aws.live.kinds.event_rule import EventRule
from shield_ai.aws.live.kinds.queue import Queue
from shield_ai.aws.live.kinds.topic import Topic
from shield_ai.aws.live.session import Session
from shield_ai.model.errors import AwsError
from shield_ai.model.manifest import (
    App,
    Manifest,
    Monitoring,
    Secret,
)

ACCOUNT, REGION = "123456789012", "us-east-1"
FIRST = {"email": ("a@example.com", "b@example.com"), "errors": 10}
SECOND = {
    "email": ("b@example.com", "c@example.com"),
    "errors": 3,
    "readers": ("role/Deploy",),
    "namespace": "Ours",
}


def describe(watch, **tags):
    secrets = (Secret(name="stripe-key", env="X"), Secret(name="database", env="Y"))
    app = App(name="shop", region=REGION, role="Shop", tags=tags)
    return [
        *monitoring_resources(
            Manifest(app=app, secret=secrets, monitoring=Monitoring(**watch)), ACCOUNT
        )
    ]


@pytest.fixture
def live(aws):
    return Account(Session(REGION)).resources


def create(live, wanted):
    for resource in wanted:
        live.reconcile(*resource.key, resource.settings)


def live_settings(live, wanted):
    return [*live.read([resource.key for resource in wanted]).items()]


def test_resources_are_created_changed_and_deleted(live):
    first, second = describe(FIRST, team="web"), describe(SECOND, team="ops", stage="prod")
    keys = sorted(resource.key for resource in first)
    assert sorted(resource.key for resource in second) == keys
    for wanted in (first, first, second, describe(FIRST)):
        create(live, wanted)
        assert live_settings(live, wanted) == sorted(
            (resource.key, resource.settings) for resource in wanted
        )
    for _ in range(2):
        for key in reversed(keys):
            live.reconcile(*key, None)
        assert set(live.read(keys).values()) == {None}


@pytest.mark.parametrize("kind", [Alarm, Dashboard, EventRule, Queue, Topic])
def test_missing_resource(aws, kind):
    assert kind(Session(REGION)).read("shop-nothing") is None
    kind(Session(REGION)).delete("shop-nothing")


def test_other_targets_of_a_rule_are_kept(live):
    wanted = [resource for resource in describe(FIRST) if resource.kind == "event-rule"][:1]
    create(live, wanted)
    name, topic = wanted[0].name, wanted[0].settings["target"]["arn"]
    boto3.client("events", REGION).put_targets(Rule=name, Targets=[{"Id": "theirs", "Arn": topic}])
    assert live_settings(live, wanted) == [(wanted[0].key, wanted[0].settings)]
    create(live, [resource for resource in describe(SECOND) if resource.key == wanted[0].key])
    assert len(boto3.client("events", REGION).list_targets_by_rule(Rule=name)["Targets"]) == 2


def test_missing_target_is_detected(live):
    wanted = [resource for resource in describe(FIRST) if resource.kind == "event-rule"][:1]
    create(live, wanted)
    boto3.client("events", REGION).remove_targets(Rule=wanted[0].name, Ids=["shield"])
    assert live.read([wanted[0].key])[wanted[0].key]["target"] == {}


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        pytest.param("PutRule", "events:PutRule", id="rule"),
        pytest.param("PutTargets", "events:PutTargets", id="target"),
        pytest.param("ListTargetsByRule", "events:ListTargetsByRule", id="targets"),
    ],
)
def test_missing_permission_is_named(aws, monkeypatch, operation, permission):
    wanted = next(resource for resource in describe(FIRST) if resource.kind == "event-rule")
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        rules = EventRule(Session(REGION))
        if operation == "ListTargetsByRule":
            rules.upsert(wanted.name, wanted.settings, None)
        proxy.answer(operation, "AccessDeniedException", status=403)
        with pytest.raises(AwsError, match=f"AWS denied {permission} on {wanted.name}"):
            rules.read(wanted.name) if operation.startswith("List") else rules.upsert(
                wanted.name, wanted.settings, None
            )
