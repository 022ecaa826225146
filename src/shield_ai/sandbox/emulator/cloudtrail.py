"""CloudTrail for the AWS emulator, because moto does not have it.

It records the calls of Secrets Manager, without values, and answers LookupEvents:
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import deque
from typing import Any

from moto.sts.models import sts_backends

from shield_ai.sandbox.emulator import ACCOUNT
from shield_ai.sandbox.emulator.access import parse_credential

SOURCE = "secretsmanager.amazonaws.com"
PAGE_SIZE = 50
MAX_EVENTS = 100_000  # the oldest are dropped
# The parameters that AWS records. None of them contains a value.
RECORDED = frozenset(
    {
        "SecretId",
        "Name",
        "VersionId",
        "VersionStage",
        "VersionStages",
        "ClientRequestToken",
        "SecretIdList",
        "RecoveryWindowInDays",
        "ForceDeleteWithoutRecovery",
        "KmsKeyId",
        "Tags",
        "TagKeys",
        "RotationLambdaARN",
    }
)


class EventHistory:
    """The recorded events, oldest first."""

    def __init__(self) -> None:
        self._events: deque[dict[str, Any]] = deque(maxlen=MAX_EVENTS)

    def clear(self) -> None:
        """Remove all events."""
        self._events.clear()

    def record(
        self, operation: str, body: dict[str, Any], answer: dict[str, Any], environ: dict[str, Any]
    ) -> None:
        """Record a call.

        Args:
            operation: The operation, for example GetSecretValue.
            body: The request.
            answer: The response, or the error.
            environ: The WSGI environment of the request.
        """
        common = _common_fields(environ)
        if answer.get("__type"):
            common["errorCode"] = str(answer["__type"])
            common["errorMessage"] = str(answer.get("message", ""))
        response = {"arn": answer["ARN"]} if "ARN" in answer else None
        self._add(common, operation, body, response)
        if operation == "BatchGetSecretValue":
            # AWS also records each secret of a batch as GetSecretValue.
            for name in body.get("SecretIdList") or []:
                self._add(common, "GetSecretValue", {"SecretId": name}, None)

    def _add(
        self,
        common: dict[str, Any],
        operation: str,
        parameters: dict[str, Any],
        response: dict[str, Any] | None,
    ) -> None:
        recorded = {
            _lower_first(name): value for name, value in parameters.items() if name in RECORDED
        }
        event = {
            **common,
            "eventName": operation,
            "eventID": str(uuid.uuid4()),
            "requestParameters": recorded or None,
            "responseElements": response,
        }
        self._events.append(event)

    def lookup(self, body: dict[str, Any]) -> dict[str, Any]:
        """Answer LookupEvents: the newest events first, 50 per page."""
        attributes = {
            attribute["AttributeKey"]: attribute["AttributeValue"]
            for attribute in body.get("LookupAttributes", [])
        }
        start = body.get("StartTime", 0)
        end = body.get("EndTime", float("inf"))
        found = [
            event
            for event in reversed(self._events)
            if start <= _timestamp(event) <= end and _matches(event, attributes)
        ]
        first = int(body.get("NextToken", 0))
        last = first + min(body.get("MaxResults", PAGE_SIZE), PAGE_SIZE)
        answer: dict[str, Any] = {"Events": [_lookup_entry(event) for event in found[first:last]]}
        if last < len(found):
            answer["NextToken"] = str(last)
        return answer


def _common_fields(environ: dict[str, Any]) -> dict[str, Any]:
    credential = parse_credential(environ.get("HTTP_AUTHORIZATION", ""))
    return {
        "eventVersion": "1.11",
        "userIdentity": _user_identity(credential.access_key_id),
        "eventTime": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": SOURCE,
        "awsRegion": credential.region,
        "sourceIPAddress": environ.get("REMOTE_ADDR", ""),
        "userAgent": environ.get("HTTP_USER_AGENT", ""),
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
    }


def _matches(event: dict[str, Any], attributes: dict[str, str]) -> bool:
    if attributes.get("EventSource", SOURCE) != SOURCE:
        return False
    wanted = attributes.get("EventName")
    return wanted is None or wanted == event["eventName"]


def _lookup_entry(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "EventSource": SOURCE,
        "EventTime": _timestamp(event),
        "CloudTrailEvent": json.dumps(event),
    }


def _user_identity(key: str) -> dict[str, Any]:
    """Return the `userIdentity` of an access key: an assumed role, or moto's only user."""
    role = sts_backends[ACCOUNT]["aws"].get_assumed_role_from_access_key(key)
    if role is None:
        return {"type": "IAMUser", "userName": "moto", "accountId": ACCOUNT, "accessKeyId": key}
    issuer = {
        "type": "Role",
        "userName": role.role_arn.rpartition("/")[2],
        "arn": role.role_arn,
        "accountId": ACCOUNT,
    }
    return {
        "type": "AssumedRole",
        "principalId": role.user_id,
        "arn": role.arn,
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": {"sessionIssuer": issuer},
    }


def _timestamp(event: dict[str, Any]) -> float:
    return dt.datetime.fromisoformat(event["eventTime"]).timestamp()


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
