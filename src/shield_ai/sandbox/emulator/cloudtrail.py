"""The embedded AWS's CloudTrail: it records each call of Secrets Manager, and answers LookupEvents; moto does neither.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html. As in AWS, no value is ever in it.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import deque
from typing import Any

from moto.sts.models import sts_backends

ACCOUNT = "123456789012"  # moto's own
SOURCE = "secretsmanager.amazonaws.com"
PAGE = 50
KEPT = 100_000  # events; the oldest go first
# Parameters that AWS records; a value is in none of them.
RECORDED = frozenset(
    {"SecretId", "Name", "VersionId", "VersionStage", "VersionStages", "ClientRequestToken", "SecretIdList",
     "RecoveryWindowInDays", "ForceDeleteWithoutRecovery", "KmsKeyId", "Tags", "TagKeys", "RotationLambdaARN"}
)  # fmt: skip


class History:
    """What was called, oldest first."""

    def __init__(self) -> None:
        self._events: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def clear(self) -> None:
        """Forget everything: the account is emptied."""
        self._events.clear()

    def record(
        self, operation: str, body: dict[str, Any], answer: dict[str, Any], environ: dict[str, Any]
    ) -> None:
        """Take note of a call.

        Args:
            operation: For example GetSecretValue.
            body: The request.
            answer: The response, an error's included.
            environ: The WSGI environment, which tells who it was.
        """
        key, region = _signed(environ.get("HTTP_AUTHORIZATION", ""))
        common = {
            "eventVersion": "1.11",
            "userIdentity": identity(key),
            "eventTime": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": SOURCE,
            "awsRegion": region,
            "sourceIPAddress": environ.get("REMOTE_ADDR", ""),
            "userAgent": environ.get("HTTP_USER_AGENT", ""),
            "eventType": "AwsApiCall",
            "recipientAccountId": ACCOUNT,
        }
        code = str(answer.get("__type", ""))
        # Each secret of a batch has a record of its own, as GetSecretValue.
        batch = body.get("SecretIdList") or [] if operation == "BatchGetSecretValue" else []
        for name, parameters in [
            (operation, body),
            *(("GetSecretValue", {"SecretId": each}) for each in batch),
        ]:
            event = {**common, "eventName": name, "eventID": str(uuid.uuid4())}
            event["requestParameters"] = {
                _lower(k): v for k, v in parameters.items() if k in RECORDED
            } or None
            event["responseElements"] = (
                {"arn": answer["ARN"]} if "ARN" in answer and name == operation else None
            )
            if code:
                event |= {"errorCode": code, "errorMessage": str(answer.get("message", ""))}
            self._events.append(event)

    def lookup(self, body: dict[str, Any]) -> dict[str, Any]:
        """Answer LookupEvents: newest first, 50 a page."""
        start, end = body.get("StartTime", 0), body.get("EndTime", float("inf"))
        attributes = {
            a["AttributeKey"]: a["AttributeValue"] for a in body.get("LookupAttributes", [])
        }
        found = [
            event
            for event in reversed(self._events)
            if start <= _seconds(event) <= end
            and attributes.get("EventSource", SOURCE) == SOURCE
            and attributes.get("EventName", event["eventName"]) == event["eventName"]
        ]
        at = int(body.get("NextToken", 0))
        page = found[at : at + min(body.get("MaxResults", PAGE), PAGE)]
        answer: dict[str, Any] = {
            "Events": [
                {
                    "EventId": event["eventID"],
                    "EventName": event["eventName"],
                    "EventSource": SOURCE,
                    "EventTime": _seconds(event),
                    "CloudTrailEvent": json.dumps(event),
                }
                for event in page
            ]
        }
        return answer | ({"NextToken": str(at + len(page))} if at + len(page) < len(found) else {})


def identity(key: str) -> dict[str, Any]:
    """Tell whose access key it is: that of a role that was assumed, or of moto's one user."""
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


def _signed(authorization: str) -> tuple[str, str]:
    """Return access key and region that a request was signed with."""
    parts = authorization.partition("Credential=")[2].split(",")[0].split("/")
    # key/date/region/service/end
    return (parts[0], parts[2]) if len(parts) == 5 else ("", "")


def _seconds(event: dict[str, Any]) -> float:
    return dt.datetime.fromisoformat(event["eventTime"]).timestamp()


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
