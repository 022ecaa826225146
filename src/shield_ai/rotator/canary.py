"""A second entry of Lambda, called every hour: is each rotation on time, and does each current login still work?

It sends two metrics, also when all is well: their absence is an alarm, too.

- `SecretRotationOverdueDays`: of the secret that is most overdue; 0 when none is
- `SecretLoginFailed`: how many current logins the servers refuse or can't be reached with
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, cast

from .database import Database
from .document import parse
from .errors import RotationError
from .interface import Rotation
from .secret import CURRENT, Store, connect
from .selection import choose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# AWS opens a day's window for a rotation that is due: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
SLACK = timedelta(days=1)
log = logging.getLogger("shield_ai.rotator")
_clients: list[Any] = []  # a warm function keeps its clients


# Lambda's signature
def handler(event: Mapping[str, Any], context: object) -> None:  # noqa: ARG001
    """Look at the secrets of the event, and send what was seen.

    Args:
        event: `namespace`; `secrets`, each with `name`, `hours` between two rotations, `environ` (as the rotation
            function's) and `login` where there is one to try.
        context: Lambda's.
    """
    if not _clients:
        import boto3  # costs half a second

        _clients.extend((connect(), boto3.client("cloudwatch")))
    # as the rest: any Python
    figures = look(_clients[0], event["secrets"], datetime.now(timezone.utc))  # noqa: UP017
    data = [
        {"MetricName": name, "Value": value, "Unit": "Count"} for name, value in figures.items()
    ]
    _clients[1].put_metric_data(Namespace=event["namespace"], MetricData=data)


def look(client: Any, secrets: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, float]:
    """Return both metrics; a secret that can't be looked at counts as a failed login."""
    overdue, failed = 0.0, 0
    for secret in secrets:
        try:
            overdue = max(overdue, _overdue(client, secret, now))
            if secret.get("login"):
                _log_in(client, secret)
        except Exception as error:  # noqa: BLE001
            # whatever it is, the others must be looked at, too
            words = str(error) if isinstance(error, RotationError) else type(error).__name__
            # a traceback could hold a value
            log.error("%s: %s", secret["name"], words)  # noqa: TRY400
            failed += 1
    return {"SecretRotationOverdueDays": overdue, "SecretLoginFailed": float(failed)}


def _overdue(client: Any, secret: Mapping[str, Any], now: datetime) -> float:
    state = client.describe_secret(SecretId=secret["name"])
    if state.get("RotationEnabled") and state.get("NextRotationDate"):
        due = state["NextRotationDate"]
    else:
        pages = client.get_paginator("list_secret_version_ids").paginate(SecretId=secret["name"])
        made = (
            v["CreatedDate"]
            for page in pages
            for v in page["Versions"]
            if CURRENT in v.get("VersionStages", ())
        )
        due = next(made) + timedelta(hours=secret["hours"])
    late: timedelta = now - due - SLACK
    return max(0.0, late / timedelta(days=1))


def _log_in(client: Any, secret: Mapping[str, Any]) -> None:
    store = Store(client, secret["name"])
    state = store.describe()
    rotation = Rotation(store, state.holder(CURRENT) or "", state, secret.get("environ") or {})
    current = rotation.current()
    strategy = choose(current, rotation.environ)
    if isinstance(strategy, Database):
        database = cast("Database[Any]", strategy)
        database.door.knock(database.login(rotation, parse(current)))
