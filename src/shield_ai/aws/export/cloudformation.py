"""A CloudFormation template, in YAML.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from shield_ai.aws.desired.rotation import SERVICE, TRUST
from shield_ai.aws.desired.secrets import DEFAULT_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from shield_ai.model.resource import Resource, Settings

Made = tuple[str, dict[str, Any]]  # the type without AWS::, and the properties
_HEAD = """\
# {count} things in AWS for an app that reads its secrets from Secrets Manager. No value is in this file: the secrets
# are made empty. Give them their values with: shield apply --only aws --env-file .env
"""
_BUCKET = "RotationCodeBucket"
_LEFT = "# not in this template, shield apply makes it: {kind} {name}\n"


class _Whole(yaml.SafeDumper):
    """Writes what stands twice twice: CloudFormation takes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # the library's signature
        return True


def cloudformation(things: Sequence[Resource], region: str) -> str:
    """Write the template; what CloudFormation can't express is named in a comment."""
    found: dict[str, Any] = {}
    left = ""
    roles = {
        t.settings["policy"]: t.settings["role"] for t in things if t.kind == "policy-attachment"
    }
    for thing in things:
        if thing.kind == "policy-attachment":
            continue  # stands at the policy
        render = _KINDS.get(thing.kind)
        if render is None:
            left += _LEFT.format(kind=thing.kind, name=thing.name)
            continue
        for type_, properties in render(thing.name, thing.settings):
            if thing.kind == "policy":
                properties |= {
                    "Roles": [role for arn, role in roles.items() if arn.endswith(f"/{thing.name}")]
                }
            keeps = (
                {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
                if thing.kind == "secret"
                else {}
            )
            name = _logical(f"{type_.partition('::')[2]} {thing.name}", found)
            found[name] = {"Type": f"AWS::{type_}", **keeps, "Properties": properties}
    bucket = {
        _BUCKET: {
            "Type": "String",
            "Description": "Where the zips of shield export --rotation-code lie",
        }
    }
    body = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Secrets in {region}",
        **({"Parameters": bucket} if any(thing.kind == "function" for thing in things) else {}),
        "Resources": found,
    }
    text = yaml.dump(body, Dumper=_Whole, sort_keys=False, width=120, allow_unicode=True)
    return _HEAD.format(count=len(found)) + left + text


def _logical(words: str, taken: Mapping[str, Any]) -> str:
    """Name a resource in the letters and digits that a template takes."""
    base = "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", words))[:240]
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base}{number}"
    return name


def _tags(settings: Settings) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(settings["tags"].items())]


def _secret(name: str, settings: Settings) -> Iterator[Made]:
    key = settings["kms_key"]
    yield (
        "SecretsManager::Secret",
        {
            "Name": name,
            "Description": settings["description"],
            **({} if key == DEFAULT_KEY else {"KmsKeyId": key}),
            **(
                {"ReplicaRegions": [{"Region": region} for region in settings["replicas"]]}
                if settings["replicas"]
                else {}
            ),
            "Tags": _tags(settings),
        },
    )


def _secret_policy(name: str, settings: Settings) -> Iterator[Made]:
    secret = {"Ref": _logical(f"Secret {name}", {})}
    policy = {"SecretId": secret, "ResourcePolicy": settings["document"], "BlockPublicPolicy": True}
    yield "SecretsManager::ResourcePolicy", policy


def _policy(name: str, settings: Settings) -> Iterator[Made]:
    yield "IAM::ManagedPolicy", {"ManagedPolicyName": name, "PolicyDocument": settings["document"]}


def _queue(name: str, settings: Settings) -> Iterator[Made]:
    properties = {
        "QueueName": name,
        "MessageRetentionPeriod": settings["retention"],
        "Tags": _tags(settings),
    }
    yield "SQS::Queue", properties
    url = {"Ref": _logical(f"Queue {name}", {})}
    yield "SQS::QueuePolicy", {"Queues": [url], "PolicyDocument": settings["policy"]}


def _topic(name: str, settings: Settings) -> Iterator[Made]:
    told = [{"Protocol": "email", "Endpoint": email} for email in settings["emails"]]
    yield "SNS::Topic", {"TopicName": name, "Subscription": told, "Tags": _tags(settings)}
    arn = {"Ref": _logical(f"Topic {name}", {})}
    yield "SNS::TopicPolicy", {"Topics": [arn], "PolicyDocument": settings["policy"]}


def _rule(name: str, settings: Settings) -> Iterator[Made]:
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


def _alarm(name: str, settings: Settings) -> Iterator[Made]:
    yield (
        "CloudWatch::Alarm",
        {
            "AlarmName": name,
            "AlarmDescription": settings["description"],
            "Namespace": settings["namespace"],
            "MetricName": settings["metric"],
            "Dimensions": [
                {"Name": key, "Value": value}
                for key, value in sorted(settings["dimensions"].items())
            ],
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


def _dashboard(name: str, settings: Settings) -> Iterator[Made]:
    yield (
        "CloudWatch::Dashboard",
        {"DashboardName": name, "DashboardBody": json.dumps(settings["body"])},
    )


def _log_group(name: str, settings: Settings) -> Iterator[Made]:
    yield (
        "Logs::LogGroup",
        {"LogGroupName": name, "RetentionInDays": settings["days"], "Tags": _tags(settings)},
    )


def _role(name: str, settings: Settings) -> Iterator[Made]:
    rotate = {"PolicyName": "rotate", "PolicyDocument": settings["document"]}
    yield (
        "IAM::Role",
        {
            "RoleName": name,
            "AssumeRolePolicyDocument": TRUST,
            "Policies": [rotate],
            "Tags": _tags(settings),
        },
    )


def _function(name: str, settings: Settings) -> Iterator[Made]:
    network = {"SubnetIds": settings["subnets"], "SecurityGroupIds": settings["security_groups"]}
    yield (
        "Lambda::Function",
        {
            "FunctionName": name,
            "Runtime": settings["runtime"],
            "Handler": settings["entry"],
            "Role": {
                "Fn::GetAtt": [_logical(f"Role {settings['role'].rpartition('/')[2]}", {}), "Arn"]
            },
            "Timeout": settings["timeout"],
            "MemorySize": settings["memory"],
            "Environment": {"Variables": settings["environment"]},
            **({"VpcConfig": network} if settings["subnets"] else {}),
            "Code": {"S3Bucket": {"Ref": _BUCKET}, "S3Key": f"{name}.zip"},
            "Tags": _tags(settings),
        },
    )
    if not settings["called_by"]:
        return
    yield (
        "Lambda::Permission",
        {
            "FunctionName": {"Ref": _logical(f"Function {name}", {})},
            "Action": "lambda:InvokeFunction",
            "Principal": SERVICE,
            "SourceAccount": settings["called_by"],
        },
    )


def _schedule(name: str, settings: Settings) -> Iterator[Made]:
    function = _logical(f"Function {settings['function'].rpartition(':')[2]}", {})
    arn = {"Fn::GetAtt": [function, "Arn"]}
    target = {"Id": "shield", "Arn": arn, "Input": json.dumps(settings["input"])}
    rule = {
        "Name": name,
        "ScheduleExpression": settings["rate"],
        "State": "ENABLED",
        "Targets": [target],
    }
    yield "Events::Rule", rule
    yield (
        "Lambda::Permission",
        {
            "FunctionName": {"Ref": function},
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
            "SourceArn": {"Fn::GetAtt": [_logical(f"Rule {name}", {}), "Arn"]},
        },
    )


def _rotation(name: str, settings: Settings) -> Iterator[Made]:
    function = settings["function"].rpartition(":")[2]
    window = {"Duration": settings["window"]} if settings["window"] else {}
    yield (
        "SecretsManager::RotationSchedule",
        {
            "SecretId": {"Ref": _logical(f"Secret {name}", {})},
            "RotationLambdaARN": {"Fn::GetAtt": [_logical(f"Function {function}", {}), "Arn"]},
            "RotationRules": {"ScheduleExpression": settings["schedule"], **window},
            "RotateImmediatelyOnUpdate": False,
        },
    )


_KINDS: dict[str, Callable[[str, Settings], Iterator[Made]]] = {
    "secret": _secret,
    "policy": _policy,
    "secret-policy": _secret_policy,
    "log-group": _log_group,
    "rotation-role": _role,
    "function": _function,
    "rotation": _rotation,
    "schedule": _schedule,
    "queue": _queue,
    "topic": _topic,
    "event-rule": _rule,
    "alarm": _alarm,
    "dashboard": _dashboard,
}
