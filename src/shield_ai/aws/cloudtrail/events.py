"""Parse CloudTrail records about Secrets Manager.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = "secretsmanager.amazonaws.com"
# In the digest files of a trail, which are beside the log files and have no events:
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
_DIGEST_KEY = "digestStartTime"
# The record of a denied call has no parameters, but its message names the resource.
_DENIED_RESOURCE = regex(r"on resource: (\S+)")
_ROLE_SESSION_ARN = regex(r"^arn:[\w-]+:sts::\d*:assumed-role/([^/]+)/")
# Where a record names the secret, in order of preference. Before February 2024, some records had
# aRN instead of arn. RotationFailed and other events that are not calls have additional data.
_SECRET_PATHS = (
    ("responseElements", "arn"),
    ("responseElements", "aRN"),
    ("responseElements", "ARN"),
    ("requestParameters", "secretId"),
    ("requestParameters", "name"),
    ("additionalEventData", "SecretId"),
)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudTrail event about a secret. CloudTrail does not record secret values."""

    name: str  # GetSecretValue, RotationFailed, …
    at: dt.datetime
    secret: str = ""  # name or ARN, as in the event; empty if the event has none
    who: str  # role/NAME, user/NAME, service/NAME, root, …
    source: str = ""  # the source IP address or AWS service
    error: str = ""  # AccessDeniedException, …
    version: str = ""  # the id of the version that is stored, or that gets a label
    stages: tuple[str, ...] = ()  # the labels that the version gets


def parse_event(record: Mapping[str, Any]) -> Event | None:
    """Parse a record; return None if it is invalid or about another service."""
    if record.get("eventSource") != SOURCE:
        return None
    time = _parse_time(record.get("eventTime"))
    name = record.get("eventName")
    if time is None or not isinstance(name, str):
        return None
    identity = _get_mapping(record, "userIdentity")
    parameters = _get_mapping(record, "requestParameters")
    return Event(
        name=name,
        at=time,
        secret=_secret(record),
        who=_principal(identity, _get_text(record, "recipientAccountId")),
        source=_get_text(record, "sourceIPAddress"),
        error=_get_text(record, "errorCode"),
        version=_version(parameters),
        stages=_stages(parameters),
    )


def is_unreadable(record: Mapping[str, Any]) -> bool:
    """Return whether a record is invalid, and may be about Secrets Manager."""
    source = record.get("eventSource")
    if not isinstance(source, str):
        return _DIGEST_KEY not in record
    return source == SOURCE and parse_event(record) is None


def _parse_time(value: object) -> dt.datetime | None:
    if not isinstance(value, str):
        return None
    try:
        time = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)


def _secret(record: Mapping[str, Any]) -> str:
    """Return the ARN or the name of a record's secret; empty if the record has none."""
    for section, key in _SECRET_PATHS:
        secret = _get_text(_get_mapping(record, section), key)
        if secret:
            return secret
    resources = record.get("resources")
    if isinstance(resources, list) and resources and isinstance(resources[0], dict):
        secret = _get_text(resources[0], "ARN")
        if secret:
            return secret
    denied = _DENIED_RESOURCE.search(_get_text(record, "errorMessage"))
    return denied[1] if denied else ""


def _version(parameters: Mapping[str, Any]) -> str:
    return _get_text(parameters, "moveToVersionId") or _get_text(parameters, "clientRequestToken")


def _stages(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    stages = parameters.get("versionStages")
    if isinstance(stages, list):
        return tuple(stage for stage in stages if isinstance(stage, str))
    stage = _get_text(parameters, "versionStage")
    return (stage,) if stage else ()


def _principal(identity: Mapping[str, Any], account: str) -> str:
    """Return the name of a principal, such as `role/NAME`.

    All sessions of a role have the same name. The name of a principal from another account than
    the record's ends with `@` and its account.
    """
    name = _principal_name(identity)
    own_account = _get_text(identity, "accountId")
    if own_account and account and own_account != account:
        return f"{name}@{own_account}"
    return name


def _principal_name(identity: Mapping[str, Any]) -> str:
    kind = _get_text(identity, "type")
    if kind == "Root":
        return "root"
    if kind == "AssumedRole":
        return _role_name(identity)
    name = _get_text(identity, "userName") or _get_text(identity, "principalId")
    if kind == "IAMUser":
        return f"user/{name}"
    service = _get_text(identity, "invokedBy")
    if service:
        return f"service/{service}"
    return f"{kind or 'unknown'}/{name}".rstrip("/")


def _role_name(identity: Mapping[str, Any]) -> str:
    issuer = _get_mapping(_get_mapping(identity, "sessionContext"), "sessionIssuer")
    role = _get_text(issuer, "userName")
    arn = _ROLE_SESSION_ARN.match(_get_text(identity, "arn"))
    if not role and arn:
        role = arn[1]
    if role:
        return f"role/{role}"
    session = _get_text(identity, "principalId").partition(":")[2]
    return f"session/{session}"


def _get_mapping(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = mapping.get(key)
    return value if isinstance(value, dict) else {}


def _get_text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""
