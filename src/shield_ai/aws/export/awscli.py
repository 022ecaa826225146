"""A shell script of `aws` commands. Secrets are made without a value."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.secrets import DEFAULT_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shield_ai.model.resource import Resource, Settings

_HEAD = """\
#!/usr/bin/env bash
# What an app needs that reads its secrets from Secrets Manager. No value is in this file. May be run again: what is
# there already is left as it is. Give the secrets their values with: shield apply --only aws --env-file .env
set -euo pipefail
export AWS_DEFAULT_REGION={region}
"""
Command = list[str]


def awscli(things: Sequence[Resource], region: str) -> str:
    """Write the script; what is left to shield apply is named in a comment."""
    text = _HEAD.format(region=shlex.quote(region))
    arns = {
        t.name.partition("/")[2]: t.settings["policy"]
        for t in things
        if t.kind == "policy-attachment"
    }
    for thing in things:
        render = _KINDS.get(thing.kind)
        text += f"\n# {thing.kind} {thing.name}\n"
        if render is None:
            text += "#   not in this script: shield apply makes it\n"
            continue
        for command in render(thing.name, {**thing.settings, "arn": arns.get(thing.name, "")}):
            text += _command(command) + "\n"
    return text


def _command(words: Command) -> str:
    """Write one command, an option a line."""
    text = "aws"
    for word in words:
        text += (" \\\n  " if word.startswith("--") else " ") + (
            word if word == _OR else shlex.quote(word)
        )
    return text.replace(f" {_OR} ", " > /dev/null 2>&1 ||\naws ")


_OR = "||"


def _tags(settings: Settings) -> list[str]:
    return [
        json.dumps(
            [{"Key": key, "Value": value} for key, value in sorted(settings["tags"].items())]
        )
    ]


def _json(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))


def _secret(name: str, settings: Settings) -> Iterator[Command]:
    key = settings["kms_key"]
    options = [] if key == DEFAULT_KEY else ["--kms-key-id", key]
    if settings["replicas"]:
        options += [
            "--add-replica-regions",
            _json([{"Region": region} for region in settings["replicas"]]),
        ]
    look = ["secretsmanager", "describe-secret", "--secret-id", name]
    make = [
        "secretsmanager",
        "create-secret",
        "--name",
        name,
        "--description",
        settings["description"],
    ]
    yield [*look, _OR, *make, *options, "--tags", *_tags(settings)]


def _secret_policy(name: str, settings: Settings) -> Iterator[Command]:
    document = ["--resource-policy", _json(settings["document"]), "--block-public-policy"]
    yield ["secretsmanager", "put-resource-policy", "--secret-id", name, *document]


def _policy(name: str, settings: Settings) -> Iterator[Command]:
    document = ["--policy-name", name, "--policy-document", _json(settings["document"])]
    look = ["iam", "get-policy", "--policy-arn", settings["arn"]]
    yield [*look, _OR, "iam", "create-policy", *document, "--tags", *_tags(settings)]


def _attachment(_: str, settings: Settings) -> Iterator[Command]:
    yield [
        "iam",
        "attach-role-policy",
        "--role-name",
        settings["role"],
        "--policy-arn",
        settings["policy"],
    ]


def _queue(name: str, settings: Settings) -> Iterator[Command]:
    attributes = {
        "MessageRetentionPeriod": str(settings["retention"]),
        "Policy": _json(settings["policy"]),
    }
    yield [
        "sqs",
        "create-queue",
        "--queue-name",
        name,
        "--attributes",
        _json(attributes),
        "--tags",
        _json(settings["tags"]),
    ]


def _topic(name: str, settings: Settings) -> Iterator[Command]:
    arn = settings["policy"]["Statement"][0]["Resource"]
    yield ["sns", "create-topic", "--name", name, "--tags", *_tags(settings)]
    value = _json(settings["policy"])
    yield [
        "sns",
        "set-topic-attributes",
        "--topic-arn",
        arn,
        "--attribute-name",
        "Policy",
        "--attribute-value",
        value,
    ]
    for email in settings["emails"]:
        yield [
            "sns",
            "subscribe",
            "--topic-arn",
            arn,
            "--protocol",
            "email",
            "--notification-endpoint",
            email,
        ]


def _rule(name: str, settings: Settings) -> Iterator[Command]:
    target = settings["target"]
    pattern = ["--event-pattern", _json(settings["pattern"]), "--state", settings["state"]]
    yield ["events", "put-rule", "--name", name, *pattern, "--tags", *_tags(settings)]
    whole = {
        "Id": "shield",
        "Arn": target["arn"],
        "DeadLetterConfig": {"Arn": target["dead_letter"]},
        "InputTransformer": {"InputPathsMap": target["paths"], "InputTemplate": target["template"]},
    }
    yield ["events", "put-targets", "--rule", name, "--targets", _json([whole])]


def _alarm(name: str, settings: Settings) -> Iterator[Command]:
    words = [
        "cloudwatch",
        "put-metric-alarm",
        "--alarm-name",
        name,
        "--alarm-description",
        settings["description"],
    ]
    words += ["--namespace", settings["namespace"], "--metric-name", settings["metric"]]
    words += ["--statistic", settings["statistic"], "--period", str(settings["period"])]
    words += [
        "--evaluation-periods",
        str(settings["periods"]),
        "--threshold",
        str(settings["threshold"]),
    ]
    words += [
        "--comparison-operator",
        settings["comparison"],
        "--treat-missing-data",
        settings["missing"],
    ]
    words += ["--alarm-actions", *settings["actions"], "--ok-actions", *settings["actions"]]
    yield [*words, "--tags", *_tags(settings)]


def _dashboard(name: str, settings: Settings) -> Iterator[Command]:
    body = _json(settings["body"])
    yield ["cloudwatch", "put-dashboard", "--dashboard-name", name, "--dashboard-body", body]


_KINDS: dict[str, Callable[[str, Settings], Iterator[Command]]] = {
    "secret": _secret,
    "policy": _policy,
    "secret-policy": _secret_policy,
    "policy-attachment": _attachment,
    "queue": _queue,
    "topic": _topic,
    "event-rule": _rule,
    "alarm": _alarm,
    "dashboard": _dashboard,
}
