"""CloudTrail records in the format of AWS, for the tests of the audit."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ACCOUNT = "123456789012"
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)

# A session of a role, in a record without the name of the role.
EXAMPLE_RECORD = {
    "eventName": "GetSecretValue",
    "eventSource": "secretsmanager.amazonaws.com",
    "eventTime": "2024-01-15T10:30:45Z",
    "userIdentity": {"type": "AssumedRole", "principalId": "AROAEXAMPLE:coco-testai-prod"},
    "requestParameters": {"secretId": "django-secret-key"},
}


def arn(name: str) -> str:
    return f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}-a1B2c3"


def role(name: str, account: str = ACCOUNT, session: str = "i-0abc") -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "accountId": account,
        "sessionContext": {"sessionIssuer": {"type": "Role", "userName": name}},
    }


def user(name: str) -> dict[str, Any]:
    return {"type": "IAMUser", "userName": name, "accountId": ACCOUNT}


def record(name: str, secret: str, who: dict[str, Any], ago: dt.timedelta = dt.timedelta(), **more: Any) -> dict[str, Any]:  # fmt: skip
    return {
        "eventVersion": "1.11",
        "eventName": name,
        "eventSource": "secretsmanager.amazonaws.com",
        "eventTime": f"{NOW - ago:%Y-%m-%dT%H:%M:%SZ}",
        "userIdentity": who,
        "sourceIPAddress": "10.0.3.7",
        "recipientAccountId": ACCOUNT,
        "requestParameters": {"secretId": secret} if secret else None,
    } | more


def denied(name: str, secret: str, who: dict[str, Any], **more: Any) -> dict[str, Any]:
    text = f"User: x is not authorized to perform: secretsmanager:{name} on resource: {secret} because no policy allows"
    return record(name, "", who, errorCode="AccessDenied", errorMessage=text, **more)


def service_event(name: str, secret: str, **more: Any) -> dict[str, Any]:
    who = {"type": "AWSService", "accountId": ACCOUNT, "invokedBy": "secretsmanager.amazonaws.com"}
    made = record(
        name,
        "",
        who,
        eventType="AwsServiceEvent",
        additionalEventData={"SecretId": arn(secret)},
        **more,
    )
    return made | {"sourceIPAddress": "secretsmanager.amazonaws.com"}


def export(path: Path, records: Iterable[dict[str, Any]]) -> Path:
    """Write records to a file in the format of the S3 files."""
    text = json.dumps({"Records": list(records)}).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path
