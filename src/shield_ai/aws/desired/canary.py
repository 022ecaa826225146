"""Describe the canary: a Lambda function that checks every hour whether rotations work.

It publishes how overdue the rotations are and how many current logins fail; alarms monitor both.
An app has a canary if shield.toml has a [rotation] table and recipients of alarms.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.alarms import alarm_settings
from shield_ai.aws.desired.description import Description
from shield_ai.aws.desired.iam import (
    Location,
    app_slug,
    app_tags,
    decrypt_statement,
    uses_customer_key,
)
from shield_ai.aws.desired.lambda_function import (
    FunctionSpec,
    allow_statement,
    function_resources,
    log_statement,
    network_statement,
)
from shield_ai.aws.desired.monitoring_context import (
    OVERDUE_METRIC,
    MonitoringContext,
    metric_namespace,
)
from shield_ai.aws.desired.rotation import function_name, secrets_with_rotation_function
from shield_ai.model import schedule
from shield_ai.model.finding import Kind
from shield_ai.model.resource import Resource
from shield_ai.model.rotation_policy import rotation_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Functions, Manifest, Rotation, Secret
    from shield_ai.model.resource import Settings

HANDLER = "rotator.canary.handler"
RATE = "rate(1 hour)"
LOGIN_FAILED_METRIC = "SecretLoginFailed"
READ_ACTIONS = [
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:ListSecretVersionIds",
]
# For a cron(...) schedule, which has no constant interval.
LONGEST_INTERVAL_HOURS = 31 * 24
# Characters of a target's input:
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
MAX_INPUT_SIZE = 8192
_INPUT_RESERVE = 300  # characters for the rest of the input, such as the namespace


def monitored_secrets(manifest: Manifest) -> list[tuple[Secret, Rotation]]:
    """Return the secrets that the canary checks; empty if the app has no canary."""
    if manifest.rotation is None or not manifest.monitoring.has_recipients:
        return []
    return secrets_with_rotation_function(manifest)


def canary_resources(
    manifest: Manifest, account: str, read: FileReader | None
) -> Iterator[Resource]:
    """Describe the canary's log group, role, function, schedules and alarms.

    Args:
        manifest: The parsed shield.toml.
        account: The ID of the AWS account.
        read: Returns the content of a file of the app; None omits the canary.
    """
    functions = manifest.rotation
    if not monitored_secrets(manifest) or functions is None or read is None:
        return
    location = Location(account, manifest.app.region)
    name = f"{app_slug(manifest.app)}-canary"
    spec = FunctionSpec(
        name=name,
        handler=HANDLER,
        statements=_statements(manifest, functions, name, location),
    )
    yield from function_resources(spec, manifest.app, functions, location, read)
    yield from _schedules(manifest, name, location)
    for suffix, settings in _alarms(MonitoringContext(manifest, location)):
        yield Resource(kind="alarm", name=f"{app_slug(manifest.app)}-{suffix}", settings=settings)


def _schedules(manifest: Manifest, name: str, location: Location) -> Iterator[Resource]:
    for number, target_input in enumerate(_inputs(manifest), 1):
        yield Resource(
            kind="schedule",
            name=name if number == 1 else f"{name}-{number}",
            settings={
                "rate": RATE,
                "function": location.arn("lambda", f"function:{name}"),
                "input": target_input,
                "tags": app_tags(manifest.app),
            },
        )


def _inputs(manifest: Manifest) -> Iterator[dict[str, Any]]:
    """Split the secrets into as many inputs as the size limit requires."""
    namespace = metric_namespace(manifest)
    entries: list[dict[str, Any]] = []
    for secret, rotate in monitored_secrets(manifest):
        entry = _input_entry(manifest, secret, rotate)
        if entries and len(json.dumps([*entries, entry])) > MAX_INPUT_SIZE - _INPUT_RESERVE:
            yield {"namespace": namespace, "secrets": entries}
            entries = []
        entries = [*entries, entry]
    yield {"namespace": namespace, "secrets": entries}


def _input_entry(manifest: Manifest, secret: Secret, rotate: Rotation) -> dict[str, Any]:
    interval = schedule.parse_schedule(rotate.every).every
    hours = int(interval.total_seconds() // 3600) if interval else LONGEST_INTERVAL_HOURS
    has_login = secret.kind in {Kind.DATABASE, Kind.URL}
    entry = {"name": manifest.app.prefix + secret.name, "hours": hours, "login": has_login}
    if has_login:
        entry["environ"] = rotation_settings(secret)
    return entry


def _alarms(context: MonitoringContext) -> Iterator[tuple[str, Settings]]:
    # Missing data means that the canary does not run.
    hourly = {"period": 3600, "statistic": "Maximum", "missing": "breaching"}
    description = (
        "A current login failed, or the canary sent no data, for two hours. "
        "See the canary's log and shield verify."
    )
    login_alarm = alarm_settings(context, LOGIN_FAILED_METRIC, description, threshold=0, periods=2)
    yield "secret-login-failed", {**login_alarm, **hourly}
    # With `overdue` in shield.toml, alarms.py describes this alarm.
    if context.manifest.monitoring.overdue is None:
        description = (
            "A rotation is overdue, or the canary sent no data, for two hours. "
            "See shield rotate --status."
        )
        overdue_alarm = alarm_settings(context, OVERDUE_METRIC, description, threshold=0, periods=2)
        yield "secret-overdue", {**overdue_alarm, **hourly}
    for secret, _ in monitored_secrets(context.manifest):
        yield _function_alarm(context, secret)


def _function_alarm(context: MonitoringContext, secret: Secret) -> tuple[str, Settings]:
    name = function_name(context.manifest, secret)
    description = (
        f"The rotation function of {secret.name} failed. See its log and shield rotate --status."
    )
    settings = alarm_settings(context, "Errors", description, threshold=0, periods=1)
    settings["namespace"] = "AWS/Lambda"
    settings["dimensions"] = {"FunctionName": name}
    return f"{name.removeprefix(context.slug + '-')}-errors", settings


def _statements(
    manifest: Manifest, functions: Functions, name: str, location: Location
) -> list[dict[str, Any]]:
    app = manifest.app
    arns = [
        location.secret_arn(app.prefix + secret.name) for secret, _ in monitored_secrets(manifest)
    ]
    publish = allow_statement("PublishMetrics", ["cloudwatch:PutMetricData"], "*")
    namespace = {"cloudwatch:namespace": metric_namespace(manifest)}
    publish["Condition"] = {"StringEquals": namespace}
    statements = [
        allow_statement("ReadSecrets", READ_ACTIONS, arns),
        publish,
        log_statement(name, location),
    ]
    if functions.subnets:
        statements.append(network_statement())
    if uses_customer_key(app):
        statements.append(decrypt_statement(app, location.account))
    return statements


DESCRIPTION = Description(order=50, describe=canary_resources)
