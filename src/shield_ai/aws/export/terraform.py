"""Export resources as a Terraform configuration.

Secrets are created without a value, so that no value gets into the Terraform state.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import short_digest
from shield_ai.aws.desired.lambda_function import LAMBDA_TRUST_POLICY, SECRETS_MANAGER_PRINCIPAL
from shield_ai.aws.desired.secrets import AWS_MANAGED_KEY
from shield_ai.aws.export.hcl import JsonEncode, Reference, References, quote, resource_block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shield_ai.model.resource import Resource, Settings

_HEADER = """\
# AWS resources for an app that reads its secrets from Secrets Manager. Neither this file nor the
# Terraform state contains a secret value; set the values with:
#   shield apply --only aws --env-file .env
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
_UNSUPPORTED = "# not supported by this export, created by shield apply: {kind} {name}\n"
# the resource's type, and its arguments; a list of dicts is a repeated block
Block = tuple[str, dict[str, Any]]


def to_terraform(resources: Sequence[Resource], region: str) -> str:
    """Return the configuration; a comment names each resource that it can't express."""
    text = _HEADER.format(region=quote(region))
    for resource in resources:
        render = _RENDERERS.get(resource.kind)
        if render is None:
            text += "\n" + _UNSUPPORTED.format(kind=resource.kind, name=resource.name)
            continue
        label = _label(resource.name)
        blocks = render(resource.name, resource.settings)
        for number, (resource_type, arguments) in enumerate(blocks):
            block_label = f"{label}_{number}" if number else label
            text += "\n" + resource_block(resource_type, block_label, arguments)
    return text


def _label(name: str) -> str:
    """Return a unique Terraform label for a resource name: `a/b` becomes `a__b`.

    Names that differ only in replaced characters, such as `a.b` and `a+b`, get a digest.
    """
    label = re.sub(r"[^A-Za-z0-9_-]", "_", name.replace("/", "__"))
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*([_/][A-Za-z0-9-]+)*", name):
        return label
    return f"_{label}_{short_digest(name)}"


def _address(resource_type: str, name: str) -> str:
    return f"{resource_type}.{_label(name)}"


def _secret(name: str, settings: Settings) -> Iterator[Block]:
    arguments = {"name": name, "description": settings["description"]}
    if settings["kms_key"] != AWS_MANAGED_KEY:
        arguments["kms_key_id"] = settings["kms_key"]
    if settings["replicas"]:
        arguments["replica"] = [{"region": region} for region in settings["replicas"]]
    arguments["tags"] = settings["tags"]
    yield "aws_secretsmanager_secret", arguments


def _secret_policy(name: str, settings: Settings) -> Iterator[Block]:
    yield (
        "aws_secretsmanager_secret_policy",
        {
            "secret_arn": Reference(_address("aws_secretsmanager_secret", name) + ".arn"),
            "policy": JsonEncode(settings["document"]),
            "block_public_policy": True,
        },
    )


def _policy(name: str, settings: Settings) -> Iterator[Block]:
    yield (
        "aws_iam_policy",
        {"name": name, "policy": JsonEncode(settings["document"]), "tags": settings["tags"]},
    )


def _policy_attachment(name: str, settings: Settings) -> Iterator[Block]:
    _role, _, policy = name.partition("/")
    yield (
        "aws_iam_role_policy_attachment",
        {
            "role": settings["role"],
            "policy_arn": settings["policy"],
            # The ARN is a literal, so Terraform can't infer the order.
            "depends_on": References(_address("aws_iam_policy", policy)),
        },
    )


def _queue(name: str, settings: Settings) -> Iterator[Block]:
    yield (
        "aws_sqs_queue",
        {
            "name": name,
            "message_retention_seconds": settings["retention"],
            "policy": JsonEncode(settings["policy"]),
            "tags": settings["tags"],
        },
    )


def _topic(name: str, settings: Settings) -> Iterator[Block]:
    policy = settings["policy"]
    yield (
        "aws_sns_topic",
        {"name": name, "policy": JsonEncode(policy), "tags": settings["tags"]},
    )
    topic_arn = policy["Statement"][0]["Resource"]
    for email in settings["emails"]:
        yield (
            "aws_sns_topic_subscription",
            {"topic_arn": topic_arn, "protocol": "email", "endpoint": email},
        )


def _event_rule(name: str, settings: Settings) -> Iterator[Block]:
    yield (
        "aws_cloudwatch_event_rule",
        {
            "name": name,
            "description": settings["description"],
            "event_pattern": JsonEncode(settings["pattern"]),
            "state": settings["state"],
            "tags": settings["tags"],
        },
    )
    target = settings["target"]
    transformer = {"input_paths": target["paths"], "input_template": target["template"]}
    yield (
        "aws_cloudwatch_event_target",
        {
            "rule": name,
            "arn": target["arn"],
            "dead_letter_config": [{"arn": target["dead_letter"]}],
            "input_transformer": [transformer],
            "depends_on": References(_address("aws_cloudwatch_event_rule", name)),
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
        {"dashboard_name": name, "dashboard_body": JsonEncode(settings["body"])},
    )


def _log_group(name: str, settings: Settings) -> Iterator[Block]:
    yield (
        "aws_cloudwatch_log_group",
        {"name": name, "retention_in_days": settings["days"], "tags": settings["tags"]},
    )


def _rotation_role(name: str, settings: Settings) -> Iterator[Block]:
    yield (
        "aws_iam_role",
        {
            "name": name,
            "assume_role_policy": JsonEncode(LAMBDA_TRUST_POLICY),
            "tags": settings["tags"],
        },
    )
    yield (
        "aws_iam_role_policy",
        {
            "name": "rotate",
            "role": name,
            "policy": JsonEncode(settings["document"]),
            "depends_on": References(_address("aws_iam_role", name)),
        },
    )


def _function(name: str, settings: Settings) -> Iterator[Block]:
    yield "aws_lambda_function", _function_arguments(name, settings)
    if settings["called_by"]:
        yield (
            "aws_lambda_permission",
            {
                "function_name": name,
                "action": "lambda:InvokeFunction",
                "principal": SECRETS_MANAGER_PRINCIPAL,
                "source_account": settings["called_by"],
                "depends_on": References(_address("aws_lambda_function", name)),
            },
        )


def _function_arguments(name: str, settings: Settings) -> dict[str, Any]:
    arguments = {
        "function_name": name,
        "filename": f"{name}.zip",  # written by shield export --rotation-code
        "source_code_hash": settings["code"],
        "runtime": settings["runtime"],
        "handler": settings["entry"],
        "role": settings["role"],
        "timeout": settings["timeout"],
        "memory_size": settings["memory"],
        "environment": [{"variables": settings["environment"]}],
    }
    if settings["subnets"]:
        network = {
            "subnet_ids": settings["subnets"],
            "security_group_ids": settings["security_groups"],
        }
        arguments["vpc_config"] = [network]
    arguments["tags"] = settings["tags"]
    role = settings["role"].rpartition("/")[2]
    # The role's policy is the second block of the role.
    arguments["depends_on"] = References(_address("aws_iam_role_policy", role) + "_1")
    return arguments


def _schedule(name: str, settings: Settings) -> Iterator[Block]:
    function_arn = settings["function"]
    function = function_arn.rpartition(":")[2]
    function_address = _address("aws_lambda_function", function)
    yield (
        "aws_cloudwatch_event_rule",
        {
            "name": name,
            "schedule_expression": settings["rate"],
            "state": "ENABLED",
            "tags": settings["tags"],
        },
    )
    yield (
        "aws_cloudwatch_event_target",
        {
            "rule": name,
            "target_id": "shield",
            "arn": function_arn,
            "input": JsonEncode(settings["input"]),
            "depends_on": References(_address("aws_cloudwatch_event_rule", name), function_address),
        },
    )
    events_arn = function_arn.replace(":lambda:", ":events:").rpartition(":function:")[0]
    yield (
        "aws_lambda_permission",
        {
            "statement_id": f"schedule-{name}",
            "function_name": function,
            "action": "lambda:InvokeFunction",
            "principal": "events.amazonaws.com",
            "source_arn": f"{events_arn}:rule/{name}",
            "depends_on": References(function_address),
        },
    )


def _rotation(name: str, settings: Settings) -> Iterator[Block]:
    function = settings["function"].rpartition(":")[2]
    rules = {"schedule_expression": settings["schedule"]}
    if settings["window"]:
        rules["duration"] = settings["window"]
    yield (
        "aws_secretsmanager_secret_rotation",
        {
            "secret_id": name,
            "rotation_lambda_arn": settings["function"],
            "rotate_immediately": False,
            "rotation_rules": [rules],
            # The permission is the second block of the function.
            "depends_on": References(
                _address("aws_secretsmanager_secret", name),
                _address("aws_lambda_permission", function) + "_1",
            ),
        },
    )


_RENDERERS: dict[str, Callable[[str, Settings], Iterator[Block]]] = {
    "secret": _secret,
    "policy": _policy,
    "secret-policy": _secret_policy,
    "log-group": _log_group,
    "rotation-role": _rotation_role,
    "function": _function,
    "rotation": _rotation,
    "schedule": _schedule,
    "policy-attachment": _policy_attachment,
    "queue": _queue,
    "topic": _topic,
    "event-rule": _event_rule,
    "alarm": _alarm,
    "dashboard": _dashboard,
}
