"""A Terraform configuration. It makes secrets without a value, so that none gets into Terraform's state.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import short_digest
from shield_ai.aws.desired.rotation import SERVICE, TRUST
from shield_ai.aws.desired.secrets import DEFAULT_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shield_ai.model.resource import Resource, Settings

_HEAD = """\
# What an app needs that reads its secrets from Secrets Manager. No value is in this file or in Terraform's state:
# give the secrets their values with: shield apply --only aws --env-file .env
terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }}
  }}
}}

provider "aws" {{
  region = {region}
}}
"""
_LEFT = "# not in this file, shield apply makes it: {kind} {name}\n"
# the resource's type, and its arguments; a list of dicts is a repeated block
Block = tuple[str, dict[str, Any]]


class _Json:
    """A document that is written as jsonencode(…), so that it can be read and compared."""

    def __init__(self, document: Any) -> None:
        self.document = document


class _Name(str):
    """A reference, which stands without quotes."""

    __slots__ = ()


class _Names:
    """References, which stand without quotes."""

    def __init__(self, *names: str) -> None:
        self.names = names


def terraform(things: Sequence[Resource], region: str) -> str:
    """Write the configuration; what has no counterpart in it is named in a comment."""
    text = _HEAD.format(region=_quote(region))
    for thing in things:
        render = _KINDS.get(thing.kind)
        if render is None:
            text += "\n" + _LEFT.format(kind=thing.kind, name=thing.name)
            continue
        for number, (type_, arguments) in enumerate(render(thing.name, thing.settings)):
            label = _label(thing.name) + (f"_{number}" if number else "")
            text += (
                f"\nresource {_quote(type_)} {_quote(label)} {{\n"
                + "".join(_lines(arguments, 1))
                + "}\n"
            )
    return text


def _label(name: str) -> str:
    """Name a block in Terraform's letters, each thing by a label of its own: `a/b` is `a__b`.

    Where two names could come out alike, as `a.b` and `a+b` would, the label ends in a digest.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name.replace("/", "__"))
    ordinary = re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*([_/][A-Za-z0-9-]+)*", name)
    return plain if ordinary else f"_{plain}_{short_digest(name)}"


def _lines(arguments: dict[str, Any], depth: int) -> Iterator[str]:
    pad = "  " * depth
    for key, value in arguments.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for block in value:
                yield f"{pad}{key} {{\n" + "".join(_lines(block, depth + 1)) + f"{pad}}}\n"
        else:
            yield f"{pad}{key} = {_value(value, depth)}\n"


def _value(value: Any, depth: int) -> str:
    pad = "  " * (depth + 1)
    if isinstance(value, _Name):
        return str(value)
    if isinstance(value, _Names):
        return f"[{', '.join(value.names)}]"
    if isinstance(value, _Json):
        return f"jsonencode({_value(value.document, depth)})"
    if isinstance(value, dict):
        inner = "".join(
            f"{pad}{_quote(str(key))} = {_value(item, depth + 1)}\n" for key, item in value.items()
        )
        return "{\n" + inner + "  " * depth + "}" if value else "{}"
    if isinstance(value, list):
        inner = "".join(f"{pad}{_value(item, depth + 1)},\n" for item in value)
        return "[\n" + inner + "  " * depth + "]" if value else "[]"
    return _quote(value) if isinstance(value, str) else json.dumps(value)


def _quote(text: str) -> str:
    """Quote a text, with HCL's own openings of a template taken literally."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _secret(name: str, settings: Settings) -> Iterator[Block]:
    key = settings["kms_key"]
    yield (
        "aws_secretsmanager_secret",
        {
            "name": name,
            "description": settings["description"],
            **({} if key == DEFAULT_KEY else {"kms_key_id": key}),
            **(
                {"replica": [{"region": region} for region in settings["replicas"]]}
                if settings["replicas"]
                else {}
            ),
            "tags": settings["tags"],
        },
    )


def _secret_policy(name: str, settings: Settings) -> Iterator[Block]:
    arn = _Name(f"aws_secretsmanager_secret.{_label(name)}.arn")
    yield (
        "aws_secretsmanager_secret_policy",
        {"secret_arn": arn, "policy": _Json(settings["document"]), "block_public_policy": True},
    )


def _policy(name: str, settings: Settings) -> Iterator[Block]:
    yield (
        "aws_iam_policy",
        {"name": name, "policy": _Json(settings["document"]), "tags": settings["tags"]},
    )


def _attachment(name: str, settings: Settings) -> Iterator[Block]:
    policy = f"aws_iam_policy.{_label(name.partition('/')[2])}"
    # By the ARN, which is known; depends_on makes the policy first.
    yield (
        "aws_iam_role_policy_attachment",
        {"role": settings["role"], "policy_arn": settings["policy"], "depends_on": _Names(policy)},
    )


def _queue(name: str, settings: Settings) -> Iterator[Block]:
    yield (
        "aws_sqs_queue",
        {
            "name": name,
            "message_retention_seconds": settings["retention"],
            "policy": _Json(settings["policy"]),
            "tags": settings["tags"],
        },
    )


def _topic(name: str, settings: Settings) -> Iterator[Block]:
    yield (
        "aws_sns_topic",
        {"name": name, "policy": _Json(settings["policy"]), "tags": settings["tags"]},
    )
    for email in settings["emails"]:
        topic = settings["policy"]["Statement"][0]["Resource"]
        yield (
            "aws_sns_topic_subscription",
            {"topic_arn": topic, "protocol": "email", "endpoint": email},
        )


def _rule(name: str, settings: Settings) -> Iterator[Block]:
    target = settings["target"]
    yield (
        "aws_cloudwatch_event_rule",
        {
            "name": name,
            "description": settings["description"],
            "event_pattern": _Json(settings["pattern"]),
            "state": settings["state"],
            "tags": settings["tags"],
        },
    )
    yield (
        "aws_cloudwatch_event_target",
        {
            "rule": name,
            "arn": target["arn"],
            "dead_letter_config": [{"arn": target["dead_letter"]}],
            "input_transformer": [
                {"input_paths": target["paths"], "input_template": target["template"]}
            ],
            "depends_on": _Names(f"aws_cloudwatch_event_rule.{_label(name)}"),
        },
    )


def _alarm(name: str, settings: Settings) -> Iterator[Block]:
    yield (
        "aws_cloudwatch_metric_alarm",
        {
            "alarm_name": name,
            "alarm_description": settings["description"],
            "namespace": settings["namespace"],
            "metric_name": settings["metric"],
            "dimensions": settings["dimensions"],
            "statistic": settings["statistic"],
            "period": settings["period"],
            "evaluation_periods": settings["periods"],
            "threshold": settings["threshold"],
            "comparison_operator": settings["comparison"],
            "treat_missing_data": settings["missing"],
            "alarm_actions": settings["actions"],
            "ok_actions": settings["actions"],
            "tags": settings["tags"],
        },
    )


def _dashboard(name: str, settings: Settings) -> Iterator[Block]:
    yield (
        "aws_cloudwatch_dashboard",
        {"dashboard_name": name, "dashboard_body": _Json(settings["body"])},
    )


def _log_group(name: str, settings: Settings) -> Iterator[Block]:
    days = settings["days"]
    yield (
        "aws_cloudwatch_log_group",
        {"name": name, "retention_in_days": days, "tags": settings["tags"]},
    )


def _role(name: str, settings: Settings) -> Iterator[Block]:
    yield (
        "aws_iam_role",
        {"name": name, "assume_role_policy": _Json(TRUST), "tags": settings["tags"]},
    )
    yield (
        "aws_iam_role_policy",
        {
            "name": "rotate",
            "role": name,
            "policy": _Json(settings["document"]),
            "depends_on": _Names(f"aws_iam_role.{_label(name)}"),
        },
    )


def _function(name: str, settings: Settings) -> Iterator[Block]:
    network = {"subnet_ids": settings["subnets"], "security_group_ids": settings["security_groups"]}
    yield (
        "aws_lambda_function",
        {
            "function_name": name,
            "filename": f"{name}.zip",  # shield export --rotation-code writes it
            "source_code_hash": settings["code"],
            "runtime": settings["runtime"],
            "handler": settings["entry"],
            "role": settings["role"],
            "timeout": settings["timeout"],
            "memory_size": settings["memory"],
            "environment": [{"variables": settings["environment"]}],
            **({"vpc_config": [network]} if settings["subnets"] else {}),
            "tags": settings["tags"],
            "depends_on": _Names(
                f"aws_iam_role_policy.{_label(settings['role'].rpartition('/')[2])}_1"
            ),
        },
    )
    if not settings["called_by"]:
        return
    yield (
        "aws_lambda_permission",
        {
            "function_name": name,
            "action": "lambda:InvokeFunction",
            "principal": SERVICE,
            "source_account": settings["called_by"],
            "depends_on": _Names(f"aws_lambda_function.{_label(name)}"),
        },
    )


def _schedule(name: str, settings: Settings) -> Iterator[Block]:
    function = settings["function"].rpartition(":")[2]
    rule = {
        "name": name,
        "schedule_expression": settings["rate"],
        "state": "ENABLED",
        "tags": settings["tags"],
    }
    yield "aws_cloudwatch_event_rule", rule
    yield (
        "aws_cloudwatch_event_target",
        {
            "rule": name,
            "target_id": "shield",
            "arn": settings["function"],
            "input": _Json(settings["input"]),
            "depends_on": _Names(
                f"aws_cloudwatch_event_rule.{_label(name)}",
                f"aws_lambda_function.{_label(function)}",
            ),
        },
    )
    place = settings["function"].replace(":lambda:", ":events:").rpartition(":function:")[0]
    yield (
        "aws_lambda_permission",
        {
            "statement_id": f"schedule-{name}",
            "function_name": function,
            "action": "lambda:InvokeFunction",
            "principal": "events.amazonaws.com",
            "source_arn": f"{place}:rule/{name}",
            "depends_on": _Names(f"aws_lambda_function.{_label(function)}"),
        },
    )


def _rotation(name: str, settings: Settings) -> Iterator[Block]:
    function = settings["function"].rpartition(":")[2]
    window = {"duration": settings["window"]} if settings["window"] else {}
    yield (
        "aws_secretsmanager_secret_rotation",
        {
            "secret_id": name,
            "rotation_lambda_arn": settings["function"],
            "rotate_immediately": False,
            "rotation_rules": [{"schedule_expression": settings["schedule"], **window}],
            "depends_on": _Names(
                f"aws_secretsmanager_secret.{_label(name)}",
                f"aws_lambda_permission.{_label(function)}_1",
            ),
        },
    )


_KINDS: dict[str, Callable[[str, Settings], Iterator[Block]]] = {
    "secret": _secret,
    "policy": _policy,
    "secret-policy": _secret_policy,
    "log-group": _log_group,
    "rotation-role": _role,
    "function": _function,
    "rotation": _rotation,
    "schedule": _schedule,
    "policy-attachment": _attachment,
    "queue": _queue,
    "topic": _topic,
    "event-rule": _rule,
    "alarm": _alarm,
    "dashboard": _dashboard,
}
