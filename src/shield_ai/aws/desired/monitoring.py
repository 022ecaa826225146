"""Alarms that reach somebody: metrics of the runtime, and what CloudTrail tells EventBridge about the app's secrets.

CloudWatch has no metric `RotationFailed` in `AWS/SecretsManager`, so an alarm on it never fires: rotations that fail
are events. https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-cloudwatch.html
The events reach EventBridge in accounts that have a trail.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.dashboard import dashboard_settings
from shield_ai.aws.desired.iam import (
    app_tags,
    partition,
    role_name,
    slug,
)
from shield_ai.model.errors import ManifestError
from shield_ai.model.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.manifest import Manifest
    from shield_ai.model.resource import Settings

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html: of a pattern, in characters
MAX_PATTERN_SIZE = 2048
RETENTION = 1_209_600  # seconds, 14 days: the longest that a queue keeps a message
PERIOD, DAY = 300, 86_400  # seconds
OVERDUE_METRIC = "SecretRotationOverdueDays"
SOURCE = "secretsmanager.amazonaws.com"
CALL_DETAIL_TYPE, SERVICE_DETAIL_TYPE = (
    "AWS API Call via CloudTrail",
    "AWS Service Event via CloudTrail",
)
READS = ["GetSecretValue", "BatchGetSecretValue"]
# Reads are read-only management events, which a rule gets in this state alone:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def monitoring_resources(manifest: Manifest, account: str, region: str) -> Iterator[Resource]:
    """Describe topic, dead-letter queue, rules, alarms and dashboard; nothing where nobody is to be told."""
    watch = manifest.monitoring
    if not watch.tells or not manifest.secret:
        return
    arns = MonitoringContext(manifest, account, region)
    yield Resource(kind="queue", name=arns.queue_name, settings=_queue(arns))
    if not watch.topic:
        yield Resource(kind="topic", name=arns.topic_name, settings=_topic(arns))
    for name, settings in _rules(arns):
        yield Resource(kind="event-rule", name=f"{arns.slug}-{name}", settings=settings)
    for name, settings in _alarms(arns):
        yield Resource(kind="alarm", name=f"{arns.slug}-{name}", settings=settings)
    yield Resource(
        kind="dashboard",
        name=f"{arns.slug}-secrets-{region}",
        settings=dashboard_settings(metric_namespace(manifest), region),
    )


def metric_namespace(manifest: Manifest) -> str:
    """Return the namespace of the app's metrics: AWS_SECRETS_METRICS=cloudwatch:NAMESPACE sends them there."""
    return manifest.monitoring.namespace or f"ShieldAI/{slug(manifest.app)}"


class MonitoringContext:
    """What is called how, in one account and region."""

    def __init__(self, manifest: Manifest, account: str, region: str) -> None:
        self.manifest, self.account, self.region = manifest, account, region
        self.slug, self.tags = slug(manifest.app), app_tags(manifest.app)
        self.queue_name, self.topic_name = (
            f"{self.slug}-secrets-undelivered",
            f"{self.slug}-secrets-alarms",
        )
        self.queue = self.arn("sqs", self.queue_name)
        self.topic = manifest.monitoring.topic or self.arn("sns", self.topic_name)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource."""
        return f"arn:{partition(self.region)}:{service}:{self.region}:{self.account}:{resource}"


def _topic(arns: MonitoringContext) -> Settings:
    sources = [
        arns.arn("events", f"rule/{arns.slug}-*"),
        arns.arn("cloudwatch", f"alarm:{arns.slug}-*"),
    ]
    services = ["events.amazonaws.com", "cloudwatch.amazonaws.com"]
    policy = _policy(services, "sns:Publish", arns.topic, sources)
    return {
        "emails": sorted(set(arns.manifest.monitoring.email)),
        "policy": policy,
        "tags": arns.tags,
    }


def _queue(arns: MonitoringContext) -> Settings:
    policy = _policy(
        ["events.amazonaws.com"],
        "sqs:SendMessage",
        arns.queue,
        [arns.arn("events", f"rule/{arns.slug}-*")],
    )
    return {"policy": policy, "retention": RETENTION, "tags": arns.tags}


def _policy(services: list[str], action: str, resource: str, sources: list[str]) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": services if services[1:] else services[0]},
        "Action": action,
        "Resource": resource,
        "Condition": {"ArnLike": {"aws:SourceArn": sources if sources[1:] else sources[0]}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _rules(arns: MonitoringContext) -> Iterator[tuple[str, Settings]]:
    failed = {"eventName": ["RotationFailed", "RotationAbandoned"]}
    words = "A rotation of <secret> did not finish: <event>. See shield rotate --status."
    yield from _rule(
        arns,
        "secret-rotation-failed",
        words,
        (SERVICE_DETAIL_TYPE, failed, ("additionalEventData", "SecretId")),
    )
    words = "<secret> is scheduled for deletion, by <who>. aws secretsmanager restore-secret takes it back."
    deleted = {"eventName": ["DeleteSecret"]}
    yield from _rule(
        arns, "secret-deleted", words, (CALL_DETAIL_TYPE, deleted, ("responseElements", "arn"))
    )
    strangers = {
        "eventName": READS,
        "userIdentity": {"arn": [{"anything-but": {"wildcard": _readers(arns)}}]},
    }
    words = "<who> read <secret>, and is not on the list of its readers. See shield audit."
    asked = (CALL_DETAIL_TYPE, strangers, ("requestParameters", "secretId"))
    yield from _rule(arns, "secret-read-by-others", words, asked, state=ALL_EVENTS)


def _rule(
    arns: MonitoringContext,
    name: str,
    words: str,
    pattern: tuple[str, dict[str, Any], tuple[str, str]],
    *,
    state: str = "ENABLED",
) -> Iterator[tuple[str, Settings]]:
    """Describe a rule; several, where the names of all secrets don't fit into one pattern."""
    detail_type, detail, (part, key) = pattern
    paths = {
        "event": "$.detail.eventName",
        "who": "$.detail.userIdentity.arn",
        "secret": f"$.detail.{part}.{key}",
    }
    used = {path: place for path, place in paths.items() if f"<{path}>" in words}
    target = {
        "arn": arns.topic,
        "dead_letter": arns.queue,
        "paths": used,
        "template": json.dumps(words),
    }

    def whole(values: list[Any]) -> dict[str, Any]:
        inner = {"eventSource": [SOURCE], **detail, part: {key: values}}
        return {"source": ["aws.secretsmanager"], "detail-type": [detail_type], "detail": inner}

    parts: list[list[Any]] = [[]]
    for value in _ours(arns, by_name=key == "secretId"):
        if _size(whole([value])) > MAX_PATTERN_SIZE:
            raise ManifestError(
                "monitoring.readers is too long for a rule of EventBridge",
                'join some: "role/Deploy*"',
            )
        if _size(whole([*parts[-1], value])) > MAX_PATTERN_SIZE:
            parts.append([])
        parts[-1].append(value)
    for number, values in enumerate(parts, 1):
        settings = {
            "pattern": whole(values),
            "state": state,
            "description": name,
            "target": target,
            "tags": arns.tags,
        }
        yield name + (f"-{number}" if number > 1 else ""), settings


def _size(pattern: dict[str, Any]) -> int:
    return len(json.dumps(pattern, separators=(",", ":")))


def _ours(arns: MonitoringContext, *, by_name: bool) -> list[Any]:
    """Match the app's secrets by their ARNs; where a caller may have said the name, by that, too."""
    app = arns.manifest.app
    base = arns.arn("secretsmanager", f"secret:{app.prefix}")
    if app.name in app.prefix.split("/"):  # a prefix of the app alone
        return [{"prefix": base}, *([{"prefix": app.prefix}] if by_name else [])]
    names = [secret.name for secret in arns.manifest.secret]
    asked = [f"{app.prefix}{name}" for name in names] if by_name else []
    return [*({"wildcard": f"{base}{name}-*"} for name in names), *asked]


def _readers(arns: MonitoringContext) -> list[str]:
    """Return the principals that may read, as CloudTrail writes them."""
    roles = [f"role/{role_name(arns.manifest.app)}"] if arns.manifest.app.role else []
    base = f"arn:{partition(arns.region)}"
    return [
        f"{base}:sts::{arns.account}:assumed-role/{reader.removeprefix('role/')}/*"
        if reader.startswith("role/")
        else f"{base}:iam::{arns.account}:{reader}"
        for reader in [*roles, f"role/{arns.slug}-*", *arns.manifest.monitoring.readers]
    ]


def _alarms(arns: MonitoringContext) -> Iterator[tuple[str, Settings]]:
    errors = arns.manifest.monitoring.errors
    words = f"get_secret() failed more than {errors} times in each of two times 5 minutes. See AWS's status and the role."
    yield "secret-errors", alarm_settings(arns, "SecretErrors", words, threshold=errors, periods=2)
    words = "A process in production serves secrets from its environment: AWS can't be read, or lacks a secret."
    yield "secret-fallback", alarm_settings(arns, "FallbackToEnv", words, threshold=0, periods=1)
    days = arns.manifest.monitoring.overdue
    if days is not None:
        words = f"A rotation is more than {days} days late, or nobody has told how late: shield rotate --status."
        # Nobody telling is the worse of the two: a job that has died says nothing.
        daily = {"period": DAY, "statistic": "Maximum", "missing": "breaching"}
        yield (
            "secret-overdue",
            {**alarm_settings(arns, OVERDUE_METRIC, words, threshold=days, periods=1), **daily},
        )


def alarm_settings(
    arns: MonitoringContext, metric: str, description: str, *, threshold: int, periods: int
) -> Settings:
    """Describe an alarm on one of the metrics of the app."""
    return {
        "namespace": metric_namespace(arns.manifest),
        "metric": metric,
        "dimensions": {},
        "statistic": "Sum",
        "period": PERIOD,
        "periods": periods,
        "threshold": threshold,
        "comparison": "GreaterThanThreshold",
        "missing": "notBreaching",  # a process that is idle or has AWS off sends nothing
        "description": description,
        "actions": [arns.topic],
        "tags": arns.tags,
    }
