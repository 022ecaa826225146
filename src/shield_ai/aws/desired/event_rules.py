"""Describe the EventBridge rules on CloudTrail events about the app's secrets.

Failed rotations are events. CloudWatch has no metric `RotationFailed` in `AWS/SecretsManager`, so
an alarm on it would never fire.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-cloudwatch.html
The events reach EventBridge only in accounts that have a trail.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.aws.desired.iam import Location, partition, role_name, session_reader, split_reader
from shield_ai.model.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.aws.desired.monitoring_context import MonitoringContext
    from shield_ai.model.resource import Settings

# Characters of an event pattern:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
MAX_PATTERN_SIZE = 2048
EVENT_SOURCE = "secretsmanager.amazonaws.com"
CALL_DETAIL_TYPE = "AWS API Call via CloudTrail"
SERVICE_DETAIL_TYPE = "AWS Service Event via CloudTrail"
READ_EVENTS = ["GetSecretValue", "BatchGetSecretValue"]
# A rule gets read-only management events, such as reads of secrets, only in this state:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


class EventMatch(msgspec.Struct, frozen=True, kw_only=True):
    """The events that a rule matches, and the message about them."""

    name: str
    message: str  # <event>, <who> and <secret> are replaced
    detail_type: str
    detail: dict[str, Any]
    secret_path: tuple[str, str]  # the keys below `detail` that contain the secret's ARN or name
    state: str = "ENABLED"


def event_matches(context: MonitoringContext) -> list[EventMatch]:
    """Return the events to notify about."""
    rotation_failed = EventMatch(
        name="secret-rotation-failed",
        message="The rotation of <secret> failed: <event>. See shield rotate --status.",
        detail_type=SERVICE_DETAIL_TYPE,
        detail={"eventName": ["RotationFailed", "RotationAbandoned"]},
        secret_path=("additionalEventData", "SecretId"),
    )
    deleted = EventMatch(
        name="secret-deleted",
        message=(
            "<secret> is scheduled for deletion by <who>. "
            "To cancel, run aws secretsmanager restore-secret."
        ),
        detail_type=CALL_DETAIL_TYPE,
        detail={"eventName": ["DeleteSecret"]},
        # aRN before February 2024, as in old examples; see aws/cloudtrail/events.py
        secret_path=("responseElements", "arn"),
    )
    not_reader = [{"anything-but": {"wildcard": _reader_arns(context)}}]
    read_by_others = EventMatch(
        name="secret-read-by-others",
        message="<who> read <secret> but is not one of its readers. See shield audit.",
        detail_type=CALL_DETAIL_TYPE,
        detail={"eventName": READ_EVENTS, "userIdentity": {"arn": not_reader}},
        secret_path=("requestParameters", "secretId"),
        state=ALL_EVENTS,
    )
    return [rotation_failed, deleted, read_by_others]


def event_rules(context: MonitoringContext, match: EventMatch) -> Iterator[tuple[str, Settings]]:
    """Describe a rule, or several if the secrets' names do not fit into one pattern."""
    for number, pattern in enumerate(_event_patterns(context, match), 1):
        settings = {
            "pattern": pattern,
            "state": match.state,
            "description": match.name,
            "target": _event_target(context, match),
            "tags": context.tags,
        }
        yield match.name if number == 1 else f"{match.name}-{number}", settings


def _event_target(context: MonitoringContext, match: EventMatch) -> Settings:
    section, key = match.secret_path
    paths = {
        "event": "$.detail.eventName",
        "who": "$.detail.userIdentity.arn",
        "secret": f"$.detail.{section}.{key}",
    }
    return {
        "arn": context.topic_arn,
        "dead_letter": context.queue_arn,
        "paths": {name: path for name, path in paths.items() if f"<{name}>" in match.message},
        "template": json.dumps(match.message),
    }


def _event_patterns(context: MonitoringContext, match: EventMatch) -> list[dict[str, Any]]:
    _section, key = match.secret_path
    parts: list[list[Any]] = [[]]
    for value in _secret_matches(context, by_name=key == "secretId"):
        if _compact_size(_event_pattern(match, [value])) > MAX_PATTERN_SIZE:
            raise ManifestError(
                "shield.toml: monitoring.readers does not fit into an EventBridge rule "
                f"({MAX_PATTERN_SIZE:,} characters)",
                'combine some of them with a wildcard, such as "role/Deploy*"',
            )
        if _compact_size(_event_pattern(match, [*parts[-1], value])) > MAX_PATTERN_SIZE:
            parts.append([])
        parts[-1].append(value)
    return [_event_pattern(match, part) for part in parts]


def _event_pattern(match: EventMatch, secrets: list[Any]) -> dict[str, Any]:
    section, key = match.secret_path
    detail = {"eventSource": [EVENT_SOURCE], **match.detail, section: {key: secrets}}
    return {
        "source": ["aws.secretsmanager"],
        "detail-type": [match.detail_type],
        "detail": detail,
    }


def _compact_size(pattern: dict[str, Any]) -> int:
    return len(json.dumps(pattern, separators=(",", ":")))


def _secret_matches(context: MonitoringContext, *, by_name: bool) -> list[Any]:
    """Return filters that match the app's secrets by ARN, and by name if a caller may use it."""
    app = context.manifest.app
    base = context.location.arn("secretsmanager", f"secret:{app.prefix}")
    if app.name in app.prefix.split("/"):  # no other app has secrets with this prefix
        filters: list[Any] = [{"prefix": base}]
        if by_name:
            filters.append({"prefix": app.prefix})
        return filters
    names = [secret.name for secret in context.manifest.secret]
    filters = [{"wildcard": f"{base}{name}-*"} for name in names]
    if by_name:
        filters.extend(app.prefix + name for name in names)
    return filters


def _reader_arns(context: MonitoringContext) -> list[str]:
    """Return the principals that may read the secrets, in the form that CloudTrail logs."""
    app = context.manifest.app
    readers = [f"role/{role_name(app)}"] if app.role else []
    readers.append(f"role/{context.slug}-*")
    readers.extend(context.manifest.monitoring.readers)
    return [_principal_arn(reader, context.location) for reader in readers]


def _principal_arn(reader: str, location: Location) -> str:
    name, account = split_reader(reader, location.account)
    if name.startswith("role/"):
        role = session_reader(name).removeprefix("role/")
        return f"arn:{partition(location.region)}:sts::{account}:assumed-role/{role}/*"
    return location._replace(account=account).iam_arn(name)
