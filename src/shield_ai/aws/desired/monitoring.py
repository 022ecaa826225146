"""Describe the monitoring of the app's secrets: what notifies whom, and the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.alarms import alarms
from shield_ai.aws.desired.dashboard import dashboard_settings
from shield_ai.aws.desired.description import Description
from shield_ai.aws.desired.event_rules import event_matches, event_rules
from shield_ai.aws.desired.iam import Location
from shield_ai.aws.desired.monitoring_context import MonitoringContext, metric_namespace
from shield_ai.model.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.resource import Settings

RETENTION = 1_209_600  # seconds: 14 days, the longest that a queue keeps a message


def monitoring_resources(
    manifest: Manifest, account: str, _read: FileReader | None = None
) -> Iterator[Resource]:
    """Describe the dead-letter queue, topic, rules, alarms and dashboard.

    Yield nothing if shield.toml has no secrets, or neither an email address nor a topic to notify.
    """
    monitoring = manifest.monitoring
    if not monitoring.has_recipients or not manifest.secret:
        return
    region = manifest.app.region
    context = MonitoringContext(manifest, Location(account, region))
    yield Resource(kind="queue", name=context.queue_name, settings=_queue(context))
    if not monitoring.topic:
        yield Resource(kind="topic", name=context.topic_name, settings=_topic(context))
    for match in event_matches(context):
        for suffix, settings in event_rules(context, match):
            yield Resource(kind="event-rule", name=f"{context.slug}-{suffix}", settings=settings)
    for suffix, settings in alarms(context):
        yield Resource(kind="alarm", name=f"{context.slug}-{suffix}", settings=settings)
    yield Resource(
        kind="dashboard",
        name=f"{context.slug}-secrets-{region}",
        settings=dashboard_settings(metric_namespace(manifest), region),
    )


def _topic(context: MonitoringContext) -> Settings:
    sources = [
        context.location.arn("events", f"rule/{context.slug}-*"),
        context.location.arn("cloudwatch", f"alarm:{context.slug}-*"),
    ]
    services = ["events.amazonaws.com", "cloudwatch.amazonaws.com"]
    return {
        "emails": sorted(set(context.manifest.monitoring.email)),
        "policy": _service_policy(services, "sns:Publish", context.topic_arn, sources),
        "tags": context.tags,
    }


def _queue(context: MonitoringContext) -> Settings:
    rules = context.location.arn("events", f"rule/{context.slug}-*")
    services = ["events.amazonaws.com"]
    policy = _service_policy(services, "sqs:SendMessage", context.queue_arn, [rules])
    return {"policy": policy, "retention": RETENTION, "tags": context.tags}


def _service_policy(
    services: list[str], action: str, resource: str, sources: list[str]
) -> dict[str, Any]:
    """Allow AWS services an action on behalf of the sources, which are ARN patterns."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": _unwrap_single(services)},
        "Action": action,
        "Resource": resource,
        "Condition": {"ArnLike": {"aws:SourceArn": _unwrap_single(sources)}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _unwrap_single(items: list[str]) -> list[str] | str:
    return items if len(items) > 1 else items[0]


DESCRIPTION = Description(order=30, describe=monitoring_resources)
