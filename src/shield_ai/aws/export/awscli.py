"""Export resources as a shell script of `aws` commands. Secrets are created without a value."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.secrets import AWS_MANAGED_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shield_ai.model.resource import Resource, Settings

_HEADER = """\
#!/usr/bin/env bash
# AWS resources for an app that reads its secrets from Secrets Manager. This script contains no
# secret value; set the values with: shield apply --only aws --env-file .env
# The script can be run again: it skips secrets and policies that already exist.
set -euo pipefail
export AWS_DEFAULT_REGION={region}
"""
_UNSUPPORTED = "#   not supported by this export, created by shield apply\n"


def to_awscli(resources: Sequence[Resource], region: str) -> str:
    """Return the script; a comment names each resource that it can't create."""
    text = _HEADER.format(region=shlex.quote(region))
    policy_arns = _policy_arns(resources)
    for resource in resources:
        text += f"\n# {resource.kind} {resource.name}\n"
        render = _RENDERERS.get(resource.kind)
        if render is None:
            text += _UNSUPPORTED
            continue
        settings = {**resource.settings, "arn": policy_arns.get(resource.name, "")}
        for command in render(resource.name, settings):
            text += command + "\n"
    return text


def _policy_arns(resources: Sequence[Resource]) -> dict[str, str]:
    arns = {}
    for resource in resources:
        if resource.kind == "policy-attachment":
            _role, _, policy = resource.name.partition("/")
            arns[policy] = resource.settings["policy"]
    return arns


def _command(service: str, operation: str, **options: str | Sequence[str] | bool) -> str:
    """Return a command with one option a line.

    Args:
        service: For example `sns`.
        operation: For example `create-topic`.
        options: By name, with underscores for hyphens; True writes an option without a value.
    """
    lines = [f"aws {service} {operation}"]
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if isinstance(value, str):
            words = [f"{option}={value}"]  # with a space, -x would be read as another option
        elif isinstance(value, bool):
            words = [option]
        else:
            words = [option, *value]
        lines.append(shlex.join(words))
    return " \\\n  ".join(lines)


def _create_if_missing(read_command: str, create_command: str) -> str:
    return f"{read_command} > /dev/null 2>&1 ||\n{create_command}"


def _json(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))


def _tags(settings: Settings) -> str:
    tags = sorted(settings["tags"].items())
    return json.dumps([{"Key": key, "Value": value} for key, value in tags])


def _secret(name: str, settings: Settings) -> Iterator[str]:
    options = {"name": name, "description": settings["description"]}
    if settings["kms_key"] != AWS_MANAGED_KEY:
        options["kms_key_id"] = settings["kms_key"]
    if settings["replicas"]:
        replicas = [{"Region": region} for region in settings["replicas"]]
        options["add_replica_regions"] = _json(replicas)
    options["tags"] = _tags(settings)
    yield _create_if_missing(
        _command("secretsmanager", "describe-secret", secret_id=name),
        _command("secretsmanager", "create-secret", **options),
    )


def _secret_policy(name: str, settings: Settings) -> Iterator[str]:
    yield _command(
        "secretsmanager",
        "put-resource-policy",
        secret_id=name,
        resource_policy=_json(settings["document"]),
        block_public_policy=True,
    )


def _policy(name: str, settings: Settings) -> Iterator[str]:
    yield _create_if_missing(
        _command("iam", "get-policy", policy_arn=settings["arn"]),
        _command(
            "iam",
            "create-policy",
            policy_name=name,
            policy_document=_json(settings["document"]),
            tags=_tags(settings),
        ),
    )


def _policy_attachment(_name: str, settings: Settings) -> Iterator[str]:
    yield _command(
        "iam",
        "attach-role-policy",
        role_name=settings["role"],
        policy_arn=settings["policy"],
    )


def _queue(name: str, settings: Settings) -> Iterator[str]:
    attributes = {
        "MessageRetentionPeriod": str(settings["retention"]),
        "Policy": _json(settings["policy"]),
    }
    yield _command(
        "sqs",
        "create-queue",
        queue_name=name,
        attributes=_json(attributes),
        tags=_json(settings["tags"]),
    )


def _topic(name: str, settings: Settings) -> Iterator[str]:
    policy = settings["policy"]
    topic_arn = policy["Statement"][0]["Resource"]
    yield _command("sns", "create-topic", name=name, tags=_tags(settings))
    yield _command(
        "sns",
        "set-topic-attributes",
        topic_arn=topic_arn,
        attribute_name="Policy",
        attribute_value=_json(policy),
    )
    for email in settings["emails"]:
        yield _command(
            "sns",
            "subscribe",
            topic_arn=topic_arn,
            protocol="email",
            notification_endpoint=email,
        )


def _event_rule(name: str, settings: Settings) -> Iterator[str]:
    yield _command(
        "events",
        "put-rule",
        name=name,
        event_pattern=_json(settings["pattern"]),
        state=settings["state"],
        tags=_tags(settings),
    )
    target = settings["target"]
    target_entry = {
        "Id": "shield",
        "Arn": target["arn"],
        "DeadLetterConfig": {"Arn": target["dead_letter"]},
        "InputTransformer": {"InputPathsMap": target["paths"], "InputTemplate": target["template"]},
    }
    yield _command("events", "put-targets", rule=name, targets=_json([target_entry]))


def _alarm(name: str, settings: Settings) -> Iterator[str]:
    yield _command(
        "cloudwatch",
        "put-metric-alarm",
        alarm_name=name,
        alarm_description=settings["description"],
        namespace=settings["namespace"],
        metric_name=settings["metric"],
        statistic=settings["statistic"],
        period=str(settings["period"]),
        evaluation_periods=str(settings["periods"]),
        threshold=str(settings["threshold"]),
        comparison_operator=settings["comparison"],
        treat_missing_data=settings["missing"],
        alarm_actions=settings["actions"],
        ok_actions=settings["actions"],
        tags=_tags(settings),
    )


def _dashboard(name: str, settings: Settings) -> Iterator[str]:
    yield _command(
        "cloudwatch",
        "put-dashboard",
        dashboard_name=name,
        dashboard_body=_json(settings["body"]),
    )


_RENDERERS: dict[str, Callable[[str, Settings], Iterator[str]]] = {
    "secret": _secret,
    "policy": _policy,
    "secret-policy": _secret_policy,
    "policy-attachment": _policy_attachment,
    "queue": _queue,
    "topic": _topic,
    "event-rule": _event_rule,
    "alarm": _alarm,
    "dashboard": _dashboard,
}
