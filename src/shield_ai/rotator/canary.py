"""A Lambda handler that runs hourly, and checks that rotations are on time and logins work.

It always sends two metrics, so that alarms can also treat missing data as a failure:

- `SecretRotationOverdueDays`: the delay of the most overdue rotation; 0 if all are on time
- `SecretLoginFailed`: the number of current logins that fail
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from .database import DatabaseStrategy
from .document import parse_secret_value
from .errors import RotationError
from .interface import Rotation
from .secret import CURRENT, Store, create_client
from .selection import select_strategy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# By default, AWS rotates within a day after the scheduled time:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
GRACE_PERIOD = timedelta(days=1)
log = logging.getLogger("shield_ai.rotator")
_clients: list[Any] = []  # reused by later invocations of the same execution environment


def handler(event: Mapping[str, Any], context: object) -> None:  # noqa: ARG001  # Lambda's signature
    """Check the secrets of the event, and send the metrics.

    Args:
        event: `namespace` and `secrets`, each with `name`, the `hours` between two rotations, the
            `environ` of its rotation function, and `login` if its login must be tested.
        context: Unused.
    """
    if not _clients:
        import boto3  # takes half a second

        _clients.extend((create_client(), boto3.client("cloudwatch")))
    secrets_manager, cloudwatch = _clients
    metrics = check_secrets(secrets_manager, event["secrets"], datetime.now(UTC))
    data = [
        {"MetricName": name, "Value": value, "Unit": "Count"} for name, value in metrics.items()
    ]
    cloudwatch.put_metric_data(Namespace=event["namespace"], MetricData=data)


def check_secrets(
    client: Any, secrets: Iterable[Mapping[str, Any]], now: datetime
) -> dict[str, float]:
    """Return the values of both metrics; secrets that can't be checked count as failed logins."""
    overdue = 0.0
    failed = 0
    for secret in secrets:
        try:
            overdue = max(overdue, _overdue_days(client, secret, now))
            if secret.get("login"):
                _test_login(client, secret)
        except Exception as error:  # noqa: BLE001  # the other secrets must be checked as well
            message = str(error) if isinstance(error, RotationError) else type(error).__name__
            log.error("%s: %s", secret["name"], message)  # noqa: TRY400  # tracebacks show values
            failed += 1
    return {"SecretRotationOverdueDays": overdue, "SecretLoginFailed": float(failed)}


def _overdue_days(client: Any, secret: Mapping[str, Any], now: datetime) -> float:
    state = client.describe_secret(SecretId=secret["name"])
    if state.get("RotationEnabled") and state.get("NextRotationDate"):
        due = state["NextRotationDate"]
    else:
        due = _current_version_date(client, secret["name"]) + timedelta(hours=secret["hours"])
    delay: timedelta = now - due - GRACE_PERIOD
    return max(0.0, delay / timedelta(days=1))


def _current_version_date(client: Any, name: str) -> datetime:
    for page in client.get_paginator("list_secret_version_ids").paginate(SecretId=name):
        for version in page["Versions"]:
            if CURRENT in version.get("VersionStages", ()):
                created: datetime = version["CreatedDate"]
                return created
    raise LookupError(f"{name} has no current version")


def _test_login(client: Any, secret: Mapping[str, Any]) -> None:
    store = Store(client, secret["name"])
    state = store.describe()
    version = state.version_with(CURRENT) or ""
    rotation = Rotation(store, version, state, secret.get("environ") or {})
    current = rotation.current_value()
    strategy = select_strategy(current, rotation.environ)
    if isinstance(strategy, DatabaseStrategy):
        database = cast("DatabaseStrategy[Any]", strategy)
        database.connector.log_in_once(database.parse_login(rotation, parse_secret_value(current)))
