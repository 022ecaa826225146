"""Export resources as a CloudFormation template in YAML.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from shield_ai.aws.desired.lambda_function import LAMBDA_TRUST_POLICY, SECRETS_MANAGER_PRINCIPAL
from shield_ai.aws.desired.secrets import AWS_MANAGED_KEY
from shield_ai.aws.export.logical_ids import arn_of, logical_id, ref, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shield_ai.model.resource import Resource, Settings

# the resource type without `AWS::`, and the properties
Rendered = tuple[str, dict[str, Any]]
_HEADER = """\
# AWS resources for an app that reads its secrets from Secrets Manager ({count} in total). Secrets
# are created without a value; set the values with:
#   shield apply --only aws --env-file .env
"""
_UNSUPPORTED = "# not supported by this export, created by shield apply: {kind} {name}\n"
_BUCKET_PARAMETER = "RotationCodeBucket"
_BUCKET_DESCRIPTION = "S3 bucket with the zip files that shield export --rotation-code writes"


class _NoAliasDumper(yaml.SafeDumper):
    """Expand YAML aliases: CloudFormation rejects them."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def to_cloudformation(resources: Sequence[Resource], region: str) -> str:
    """Return the template; a comment names each resource that it can't express."""
    template = _template(resources, region)
    text = yaml.dump(
        template, Dumper=_NoAliasDumper, sort_keys=False, width=120, allow_unicode=True
    )
    return _HEADER.format(count=len(template["Resources"])) + _unsupported(resources) + text


def _template(resources: Sequence[Resource], region: str) -> dict[str, Any]:
    template: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Secrets in {region}",
    }
    if any(resource.kind == "function" for resource in resources):
        template["Parameters"] = {
            _BUCKET_PARAMETER: {"Type": "String", "Description": _BUCKET_DESCRIPTION}
        }
    template["Resources"] = _template_resources(resources)
    return template


def _template_resources(resources: Sequence[Resource]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    ids: dict[str, str] = {}  # by type and name
    for resource in resources:
        render = _RENDERERS.get(resource.kind)
        if render is None:
            continue
        for resource_type, properties in render(resource.name, resource.settings):
            entry: dict[str, Any] = {"Type": f"AWS::{resource_type}"}
            if resource.kind == "secret":
                entry["DeletionPolicy"] = "Retain"
                entry["UpdateReplacePolicy"] = "Retain"
            if resource.kind == "policy":
                properties["Roles"] = _attached_roles(resource.name, resources)
            entry["Properties"] = properties
            target = f"{resource_type.partition('::')[2]} {resource.name}"
            ids[target] = logical_id(target, entries)
            entries[ids[target]] = entry
    return {name: resolve(entry, ids) for name, entry in entries.items()}


def _attached_roles(policy: str, resources: Sequence[Resource]) -> list[str]:
    roles = {}
    for resource in resources:
        if resource.kind == "policy-attachment":
            roles[resource.settings["policy"]] = resource.settings["role"]
    return [role for arn, role in roles.items() if arn.endswith(f"/{policy}")]


def _unsupported(resources: Sequence[Resource]) -> str:
    comments = ""
    for resource in resources:
        # An attachment is a property of its policy.
        if resource.kind not in _RENDERERS and resource.kind != "policy-attachment":
            comments += _UNSUPPORTED.format(kind=resource.kind, name=resource.name)
    return comments


def _tags(settings: Settings) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(settings["tags"].items())]


def _secret(name: str, settings: Settings) -> Iterator[Rendered]:
    properties = {"Name": name, "Description": settings["description"]}
    if settings["kms_key"] != AWS_MANAGED_KEY:
        properties["KmsKeyId"] = settings["kms_key"]
    if settings["replicas"]:
        properties["ReplicaRegions"] = [{"Region": region} for region in settings["replicas"]]
    properties["Tags"] = _tags(settings)
    yield "SecretsManager::Secret", properties


def _secret_policy(name: str, settings: Settings) -> Iterator[Rendered]:
    yield (
        "SecretsManager::ResourcePolicy",
        {
            "SecretId": ref(f"Secret {name}"),
            "ResourcePolicy": settings["document"],
            "BlockPublicPolicy": True,
        },
    )


def _policy(name: str, settings: Settings) -> Iterator[Rendered]:
    yield "IAM::ManagedPolicy", {"ManagedPolicyName": name, "PolicyDocument": settings["document"]}


def _queue(name: str, settings: Settings) -> Iterator[Rendered]:
    yield (
        "SQS::Queue",
        {
            "QueueName": name,
            "MessageRetentionPeriod": settings["retention"],
            "Tags": _tags(settings),
        },
    )
    yield (
        "SQS::QueuePolicy",
        {"Queues": [ref(f"Queue {name}")], "PolicyDocument": settings["policy"]},
    )


def _topic(name: str, settings: Settings) -> Iterator[Rendered]:
    subscriptions = [{"Protocol": "email", "Endpoint": email} for email in settings["emails"]]
    yield (
        "SNS::Topic",
        {"TopicName": name, "Subscription": subscriptions, "Tags": _tags(settings)},
    )
    yield (
        "SNS::TopicPolicy",
        {"Topics": [ref(f"Topic {name}")], "PolicyDocument": settings["policy"]},
    )


def _event_rule(name: str, settings: Settings) -> Iterator[Rendered]:
    target = settings["target"]
    yield (
        "Events::Rule",
        {
            "Name": name,
            "Description": settings["description"],
            "EventPattern": settings["pattern"],
            "State": settings["state"],
            "Targets": [
                {
                    "Id": "shield",
                    "Arn": target["arn"],
                    "DeadLetterConfig": {"Arn": target["dead_letter"]},
                    "InputTransformer": {
                        "InputPathsMap": target["paths"],
                        "InputTemplate": target["template"],
                    },
                }
            ],
        },
    )


def _alarm(name: str, settings: Settings) -> Iterator[Rendered]:
    dimensions = sorted(settings["dimensions"].items())
    yield (
        "CloudWatch::Alarm",
        {
            "AlarmName": name,
            "AlarmDescription": settings["description"],
            "Namespace": settings["namespace"],
            "MetricName": settings["metric"],
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions],
            "Statistic": settings["statistic"],
            "Period": settings["period"],
            "EvaluationPeriods": settings["periods"],
            "Threshold": settings["threshold"],
            "ComparisonOperator": settings["comparison"],
            "TreatMissingData": settings["missing"],
            "AlarmActions": settings["actions"],
            "OKActions": settings["actions"],
            "Tags": _tags(settings),
        },
    )


def _dashboard(name: str, settings: Settings) -> Iterator[Rendered]:
    yield (
        "CloudWatch::Dashboard",
        {"DashboardName": name, "DashboardBody": json.dumps(settings["body"])},
    )


def _log_group(name: str, settings: Settings) -> Iterator[Rendered]:
    yield (
        "Logs::LogGroup",
        {"LogGroupName": name, "RetentionInDays": settings["days"], "Tags": _tags(settings)},
    )


def _rotation_role(name: str, settings: Settings) -> Iterator[Rendered]:
    yield (
        "IAM::Role",
        {
            "RoleName": name,
            "AssumeRolePolicyDocument": LAMBDA_TRUST_POLICY,
            "Policies": [{"PolicyName": "rotate", "PolicyDocument": settings["document"]}],
            "Tags": _tags(settings),
        },
    )


def _function(name: str, settings: Settings) -> Iterator[Rendered]:
    yield "Lambda::Function", _function_properties(name, settings)
    if settings["called_by"]:
        yield (
            "Lambda::Permission",
            {
                "FunctionName": ref(f"Function {name}"),
                "Action": "lambda:InvokeFunction",
                "Principal": SECRETS_MANAGER_PRINCIPAL,
                "SourceAccount": settings["called_by"],
            },
        )


def _function_properties(name: str, settings: Settings) -> dict[str, Any]:
    role = settings["role"].rpartition("/")[2]
    properties = {
        "FunctionName": name,
        "Runtime": settings["runtime"],
        "Handler": settings["entry"],
        "Role": arn_of(f"Role {role}"),
        "Timeout": settings["timeout"],
        "MemorySize": settings["memory"],
        "Environment": {"Variables": settings["environment"]},
    }
    if settings["subnets"]:
        properties["VpcConfig"] = {
            "SubnetIds": settings["subnets"],
            "SecurityGroupIds": settings["security_groups"],
        }
    properties["Code"] = {"S3Bucket": {"Ref": _BUCKET_PARAMETER}, "S3Key": f"{name}.zip"}
    properties["Tags"] = _tags(settings)
    return properties


def _schedule(name: str, settings: Settings) -> Iterator[Rendered]:
    function = settings["function"].rpartition(":")[2]
    target = {
        "Id": "shield",
        "Arn": arn_of(f"Function {function}"),
        "Input": json.dumps(settings["input"]),
    }
    yield (
        "Events::Rule",
        {
            "Name": name,
            "ScheduleExpression": settings["rate"],
            "State": "ENABLED",
            "Targets": [target],
        },
    )
    yield (
        "Lambda::Permission",
        {
            "FunctionName": ref(f"Function {function}"),
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
            "SourceArn": arn_of(f"Rule {name}"),
        },
    )


def _rotation(name: str, settings: Settings) -> Iterator[Rendered]:
    function = settings["function"].rpartition(":")[2]
    rules = {"ScheduleExpression": settings["schedule"]}
    if settings["window"]:
        rules["Duration"] = settings["window"]
    yield (
        "SecretsManager::RotationSchedule",
        {
            "SecretId": ref(f"Secret {name}"),
            "RotationLambdaARN": arn_of(f"Function {function}"),
            "RotationRules": rules,
            "RotateImmediatelyOnUpdate": False,
        },
    )


_RENDERERS: dict[str, Callable[[str, Settings], Iterator[Rendered]]] = {
    "secret": _secret,
    "policy": _policy,
    "secret-policy": _secret_policy,
    "log-group": _log_group,
    "rotation-role": _rotation_role,
    "function": _function,
    "rotation": _rotation,
    "schedule": _schedule,
    "queue": _queue,
    "topic": _topic,
    "event-rule": _event_rule,
    "alarm": _alarm,
    "dashboard": _dashboard,
}
