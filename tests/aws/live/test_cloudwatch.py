"""Check that each alarm fires, on an emulator that evaluates alarms and event patterns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import msgspec
import pytest

pytest.importorskip("ministack")
from ministack_server import ACCOUNT, REGION, Ministack, send

from shield_ai.aws.desired.canary import canary_resources
from shield_ai.aws.desired.event_rules import CALL_DETAIL_TYPE, SERVICE_DETAIL_TYPE
from shield_ai.aws.desired.monitoring import monitoring_resources
from shield_ai.aws.desired.monitoring_context import OVERDUE_METRIC, metric_namespace
from shield_ai.aws.live.account import Account
from shield_ai.aws.live.cloudwatch import put_metric
from shield_ai.aws.live.session import Session
from shield_ai.model.manifest import App, Functions, Manifest, Monitoring, Rotation, Secret

MANIFEST = Manifest(
    app=App(name="shop", region=REGION, role="Shop"),
    monitoring=Monitoring(email=("ops@example.com",), readers=("user/eve",), errors=2, overdue=3),
    secret=(Secret(name="stripe-key", env="X"), Secret(name="database", env="Y")),
)
ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:stripe-key-AbCdEf"
OTHER = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:stripe-keys-of-others-AbCdEf"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Ministack(tmp_path_factory.mktemp("ministack"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def inbox(server):
    """Create all monitoring resources, and a queue that receives the topic's messages."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment().items():
            patch.setenv(name, value)
        live = Account(Session(REGION)).resources
        wanted = [*monitoring_resources(MANIFEST, ACCOUNT)]
        for resource in wanted:
            live.reconcile(*resource.key, resource.settings)
        assert {key: live.read([key])[key] for key in (r.key for r in wanted)} == {
            r.key: r.settings for r in wanted
        }
    server.client("events").enable_rule(Name="shop-secret-read-by-others")  # see ministack_server
    sqs, sns = server.client("sqs"), server.client("sns")
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:shop-secrets-alarms"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox")

    def read(seconds=60):
        """Return the next message, or None after the timeout."""
        messages = []
        while seconds >= 0 and not messages:
            wait = min(seconds, 20)  # SQS waits no longer
            messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=wait).get("Messages", [])
            seconds -= max(wait, 1)
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return json.loads(messages[0]["Body"]).get("Message") if messages else None

    return read


class TestMetrics:
    """The runtime sends the metrics, from a process that can't read its secret."""

    def run(self, server, tmp_path, **env):
        code = (
            "import os, shield_runtime as r, shield_runtime.metrics as m; m.REPORT_EVERY = 0.05\n"
            "for name in ('a', 'b', 'c', 'd'):\n"
            "    try: r.get_secret('shop-' + name)\n"
            "    except r.SecretError: pass\n"
            "import time; deadline = time.monotonic() + 20\n"
            "import boto3; c = boto3.client('cloudwatch')\n"
            "while time.monotonic() < deadline:\n"
            "    if c.list_metrics(Namespace=os.environ['NS'], MetricName='SecretErrors')['Metrics']: break\n"
            "    time.sleep(0.05)\n"
        )
        env = {
            **os.environ, **server.environment(), "USE_AWS_SECRETS": "true", "DJANGO_ENV": "production", "NS": metric_namespace(MANIFEST),
            "AWS_SECRETS_METRICS": f"cloudwatch:{metric_namespace(MANIFEST)}", **env,
        }  # fmt: skip
        subprocess.run([sys.executable, "-c", code], env=env, cwd=tmp_path, check=True, timeout=60)

    def test_errors_and_fallback(self, server, inbox, tmp_path):
        raised = set()
        deadline = time.monotonic() + 180
        # The app fails again and again: on a busy machine, a period can end between its metrics.
        while len(raised) < 2 and time.monotonic() < deadline:
            self.run(server, tmp_path, SHOP_A="from-the-environment")
            while len(raised) < 2 and (message := inbox(20)):
                found = json.loads(message)
                if found["NewStateValue"] == "ALARM":  # it can be OK first
                    raised.add(found["AlarmName"])
        assert raised == {"shop-secret-errors", "shop-secret-fallback"}

    def test_overdue_rotation(self, server, inbox, monkeypatch):
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        messages = []
        for days in (2.9, 3.1):
            put_metric(Session(REGION), metric_namespace(MANIFEST), OVERDUE_METRIC, days)
            while message := inbox(1):
                found = json.loads(message)
                messages.append((days, found["AlarmName"], found["NewStateValue"]))
        assert [one for one in messages if one[2] == "ALARM"] == [
            (3.1, "shop-secret-overdue", "ALARM")
        ]


def test_alarms_of_canary_and_functions(server, inbox, monkeypatch):
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    secret = Secret(
        name="signing-key", env="Z", rotate=Rotation(every="30 days", strategy="random-value")
    )
    manifest = msgspec.structs.replace(MANIFEST, secret=(secret,), rotation=Functions())
    live = Account(Session(REGION)).resources
    alarms = [r for r in canary_resources(manifest, ACCOUNT, lambda _: None) if r.kind == "alarm"]
    for resource in alarms:
        live.reconcile(*resource.key, resource.settings)
        datum = {
            "MetricName": resource.settings["metric"],
            "Dimensions": [
                {"Name": k, "Value": v} for k, v in resource.settings["dimensions"].items()
            ],
            "Value": 1,
        }
        server.client("cloudwatch").put_metric_data(
            Namespace=resource.settings["namespace"], MetricData=[datum]
        )
        messages = json.loads(inbox())
        assert (messages["AlarmName"], messages["NewStateValue"]) == (resource.name, "ALARM")
    assert [r.name for r in alarms] == [
        "shop-secret-login-failed",
        "shop-rotate-signing-key-errors",
    ]


def reading(secret, who):
    identity = {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{who}"}
    if who.startswith("user/"):
        identity = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:{who}"}
    return CALL_DETAIL_TYPE, {
        "eventName": "GetSecretValue",
        "requestParameters": {"secretId": secret},
        "userIdentity": identity,
    }


EVENTS = [
    pytest.param(SERVICE_DETAIL_TYPE, {"eventName": "RotationFailed", "additionalEventData": {"SecretId": ARN}}, "stripe-key-AbCdEf failed: RotationFailed", id="rotation failed"),
    pytest.param(SERVICE_DETAIL_TYPE, {"eventName": "RotationAbandoned", "additionalEventData": {"SecretId": ARN}}, "RotationAbandoned", id="rotation abandoned"),
    pytest.param(SERVICE_DETAIL_TYPE, {"eventName": "RotationSucceeded", "additionalEventData": {"SecretId": ARN}}, None, id="rotation succeeded"),
    pytest.param(SERVICE_DETAIL_TYPE, {"eventName": "RotationFailed", "additionalEventData": {"SecretId": OTHER}}, None, id="another app's rotation"),
    pytest.param(CALL_DETAIL_TYPE, {"eventName": "DeleteSecret", "responseElements": {"arn": ARN}, "userIdentity": {"arn": "arn:aws:iam::1:user/mallory"}}, "scheduled for deletion by arn:aws:iam::1:user/mallory", id="deleted"),
    pytest.param(CALL_DETAIL_TYPE, {"eventName": "DeleteSecret", "responseElements": {"arn": OTHER}}, None, id="another app's deletion"),
    pytest.param(*reading("stripe-key", "Mallory/session"), "assumed-role/Mallory/session read stripe-key", id="other principal by name"),
    pytest.param(*reading(ARN, "user/mallory"), "user/mallory read arn:", id="other principal by ARN"),
    pytest.param(*reading("stripe-key", "Shop/i-0123"), None, id="the app's role"),
    pytest.param(*reading("stripe-key", "user/eve"), None, id="listed reader"),
    pytest.param(*reading("another", "Mallory/session"), None, id="another app's secret"),
]  # fmt: skip


@pytest.mark.parametrize(("detail_type", "detail", "expected"), EVENTS)
def test_events(server, inbox, detail_type, detail, expected):
    send(
        server.client("events"),
        detail_type,
        {"eventSource": "secretsmanager.amazonaws.com", **detail},
    )
    messages = inbox(5 if expected else 0)
    assert expected in messages if expected else messages is None
