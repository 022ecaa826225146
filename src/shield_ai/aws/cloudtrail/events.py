"""A record of CloudTrail about Secrets Manager ⇒ `Event`: who, what, on which secret, from where.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


SOURCE = "secretsmanager.amazonaws.com"
# A denied call has no parameters in its record; its message names the resource.
_RESOURCE = re.compile(r"on resource: (\S+)")
_ROLE = re.compile(r"^arn:[\w-]+:sts::\d*:assumed-role/([^/]+)/")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudTrail event about a secret. CloudTrail does not record secret values."""

    name: str  # GetSecretValue, RotationFailed, …
    at: dt.datetime
    secret: str = ""  # name or ARN, as in the event; empty if the event has none
    who: str  # role/NAME, user/NAME, service/NAME, root, …
    source: str = ""  # the source IP address or AWS service
    error: str = ""  # AccessDeniedException, …


def parse_event(record: Mapping[str, Any]) -> Event | None:
    """Read one record; None for another service's, and for what is no record at all."""
    if record.get("eventSource") != SOURCE:
        return None
    at, name = _time(record.get("eventTime")), record.get("eventName")
    if at is None or not isinstance(name, str):
        return None
    return Event(
        name=name,
        at=at,
        secret=_secret(record),
        who=_who(_mapping(record, "userIdentity"), _text(record, "recipientAccountId")),
        source=_text(record, "sourceIPAddress"),
        error=_text(record, "errorCode"),
    )


def _time(value: object) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is None or at.tzinfo else at.replace(tzinfo=dt.UTC)


def _secret(record: Mapping[str, Any]) -> str:
    asked, answered = _mapping(record, "requestParameters"), _mapping(record, "responseElements")
    # of the events that are no calls: RotationFailed and the like
    more = _mapping(record, "additionalEventData")
    resources = record.get("resources")
    first = (
        resources[0]
        if isinstance(resources, list) and resources and isinstance(resources[0], dict)
        else {}
    )
    denied = _RESOURCE.search(_text(record, "errorMessage"))
    # Before February 2024, some records had aRN for arn.
    places = (
        (answered, "arn"), (answered, "aRN"), (answered, "ARN"), (asked, "secretId"), (asked, "name"),
        (more, "SecretId"), (first, "ARN"),
    )  # fmt: skip
    told = next((text for place, key in places if (text := _text(place, key))), "")
    return told or (denied[1] if denied else "")


def _who(identity: Mapping[str, Any], account: str) -> str:
    """Name a principal so that all sessions of a role are one, and one of another account is another."""
    kind = _text(identity, "type")
    if kind == "Root":
        who = "root"
    elif kind == "AssumedRole":
        issuer = _mapping(_mapping(identity, "sessionContext"), "sessionIssuer")
        arn = _ROLE.match(_text(identity, "arn"))
        role = _text(issuer, "userName") or (arn[1] if arn else "")
        who = (
            f"role/{role}"
            if role
            else f"session/{_text(identity, 'principalId').partition(':')[2]}"
        )
    elif kind == "IAMUser":
        who = f"user/{_text(identity, 'userName') or _text(identity, 'principalId')}"
    elif service := _text(identity, "invokedBy"):
        who = f"service/{service}"
    else:
        who = f"{kind or 'unknown'}/{_text(identity, 'userName') or _text(identity, 'principalId')}".rstrip(
            "/"
        )
    own = _text(identity, "accountId")
    return f"{who}@{own}" if own and account and own != account else who


def _mapping(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = of.get(key)
    return value if isinstance(value, dict) else {}


def _text(of: Mapping[str, Any], key: str) -> str:
    value = of.get(key)
    return value if isinstance(value, str) else ""
