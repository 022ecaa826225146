"""The canary, where [rotation] stands and somebody is told: a function that looks every hour.

Are the rotations on time, and do the current logins work?
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import (
    ARN_SUFFIX,
    app_tags,
    decrypt_statement,
    partition,
    slug,
    uses_customer_key,
)
from shield_ai.aws.desired.lambda_package import RUNTIME, build_function_zip, code_sha256
from shield_ai.aws.desired.monitoring import (
    OVERDUE_METRIC,
    MonitoringContext,
    alarm_settings,
    metric_namespace,
)
from shield_ai.aws.desired.rotation import (
    MEMORY,
    TIMEOUT,
    VPC_ACTIONS,
    function_name,
    rotation_role_name,
)
from shield_ai.model import schedule
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation
from shield_ai.model.resource import Resource
from shield_ai.model.rotation_policy import environment, strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.resource import Settings

HANDLER = "rotator.canary.handler"
RATE = "rate(1 hour)"
FAILED = "SecretLoginFailed"
READS = ["DescribeSecret", "GetSecretValue", "ListSecretVersionIds"]
LONGEST = 31 * 24  # hours: of a cron(...), whose own dates AWS names
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html: of an input, in characters
MAX_INPUT_SIZE = 8192


def monitored_secrets(manifest: Manifest) -> list[Secret]:
    """Return the secrets that the canary looks at; none where there is no canary."""
    if manifest.rotation is None or not manifest.monitoring.tells:
        return []
    return [
        secret
        for secret in manifest.secret
        if isinstance(secret.rotate, Rotation) and strategy(secret)
    ]


def canary_resources(
    manifest: Manifest, account: str, region: str, read: Callable[[str], bytes | None] | None
) -> Iterator[Resource]:
    """Describe log, role, function and schedule.

    Args:
        manifest: What the app asks for.
        account: The id of the account.
        region: Where the secrets are.
        read: As for the rotation functions, whose zip it shares.
    """
    functions, secrets = manifest.rotation, monitored_secrets(manifest)
    if not secrets or functions is None or read is None:
        return
    name, marks = f"{slug(manifest.app)}-canary", app_tags(manifest.app)
    arn = f"arn:{partition(region)}:{{}}:{region}:{account}:{{}}"
    log = f"/aws/lambda/{name}"
    yield Resource(kind="log-group", name=log, settings={"days": functions.log_days, "tags": marks})
    document = {"Version": "2012-10-17", "Statement": _statements(manifest, secrets, arn, log)}
    role = rotation_role_name(name, region)
    yield Resource(kind="rotation-role", name=role, settings={"document": document, "tags": marks})
    settings: Settings = {
        "code": code_sha256(build_function_zip({}, read)),
        "runtime": RUNTIME,
        "entry": HANDLER,
        "role": f"arn:{partition(region)}:iam::{account}:role/{role}",
        "timeout": TIMEOUT,
        "memory": MEMORY,
        "environment": {},
        "subnets": sorted(functions.subnets),
        "security_groups": sorted(functions.security_groups),
        "called_by": "",  # by its schedule alone
        "tags": marks,
    }
    yield Resource(kind="function", name=name, settings=settings)
    for number, part in enumerate(_inputs(manifest, secrets), 1):
        planned = {
            "rate": RATE,
            "function": arn.format("lambda", f"function:{name}"),
            "input": part,
            "tags": marks,
        }
        yield Resource(
            kind="schedule", name=name + (f"-{number}" if number > 1 else ""), settings=planned
        )
    for ending, alarmed in _alarms(MonitoringContext(manifest, account, region)):
        yield Resource(kind="alarm", name=f"{slug(manifest.app)}-{ending}", settings=alarmed)


def _alarms(arns: MonitoringContext) -> Iterator[tuple[str, Settings]]:
    # A canary that says nothing is as bad as a bad word of it.
    hourly = {"period": 3600, "statistic": "Maximum", "missing": "breaching"}
    words = "A current login is refused, or the canary is silent, for two hours. See its log and shield verify."
    yield (
        "secret-login-failed",
        {**alarm_settings(arns, FAILED, words, threshold=0, periods=2), **hourly},
    )
    if arns.manifest.monitoring.overdue is None:  # with a limit, there is such an alarm already
        words = "A rotation is late, or the canary is silent, for two hours. See shield rotate --status."
        yield (
            "secret-overdue",
            {**alarm_settings(arns, OVERDUE_METRIC, words, threshold=0, periods=2), **hourly},
        )
    for secret in monitored_secrets(arns.manifest):
        name = function_name(arns.manifest, secret)
        words = f"The function that rotates {secret.name} failed. See its log and shield rotate --status."
        of = {"namespace": "AWS/Lambda", "dimensions": {"FunctionName": name}}
        yield (
            f"{name.removeprefix(arns.slug + '-')}-errors",
            {**alarm_settings(arns, "Errors", words, threshold=0, periods=1), **of},
        )


def _inputs(manifest: Manifest, secrets: list[Secret]) -> Iterator[dict[str, Any]]:
    """Spread the secrets over as many schedules as their limit asks for."""
    part: list[dict[str, Any]] = []
    for secret in secrets:
        told = _told(manifest, secret)
        if (
            part and len(json.dumps([*part, told])) > MAX_INPUT_SIZE - 300
        ):  # the namespace, and room
            yield {"namespace": metric_namespace(manifest), "secrets": part}
            part = []
        part = [*part, told]
    yield {"namespace": metric_namespace(manifest), "secrets": part}


def _told(manifest: Manifest, secret: Secret) -> dict[str, Any]:
    rotate = secret.rotate
    every: timedelta | None = (
        schedule.parse(rotate.every).every if isinstance(rotate, Rotation) else None
    )
    hours = int(every.total_seconds() // 3600) if every else LONGEST
    login = secret.kind in {Kind.DATABASE, Kind.URL}
    told = {"name": manifest.app.prefix + secret.name, "hours": hours, "login": login}
    return {**told, "environ": environment(secret)} if login else told


def _statements(
    manifest: Manifest, secrets: list[Secret], arn: str, log: str
) -> list[dict[str, Any]]:
    app, functions = manifest.app, manifest.rotation
    names = [
        arn.format("secretsmanager", f"secret:{app.prefix}{secret.name}{ARN_SUFFIX}")
        for secret in secrets
    ]
    send = {"Condition": {"StringEquals": {"cloudwatch:namespace": metric_namespace(manifest)}}}
    statements = [
        _allow("Look", [f"secretsmanager:{read}" for read in READS], names),
        _allow("Tell", ["cloudwatch:PutMetricData"], "*") | send,
        _allow(
            "Log",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            arn.format("logs", f"log-group:{log}:*"),
        ),
    ]
    if functions and functions.subnets:
        statements.append(_allow("Network", VPC_ACTIONS, "*"))
    if uses_customer_key(app):
        statements.append(decrypt_statement(app, arn.split(":")[4]))
    return statements


def _allow(sid: str, actions: list[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
