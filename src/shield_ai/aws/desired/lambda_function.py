"""Describe a Lambda function together with its log group and its execution role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.aws.desired.iam import Location, app_tags, truncate_name
from shield_ai.aws.desired.lambda_package import RUNTIME, build_function_zip, code_sha256
from shield_ai.model.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import App, Functions

SECRETS_MANAGER_PRINCIPAL = "secretsmanager.amazonaws.com"  # the service that calls the functions
LAMBDA_TRUST_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    ],
}
MAX_NAME_LENGTH = 64  # characters, of a function and of a role
TIMEOUT = 300  # seconds: a rotation step may wait for a lock in the database
MEMORY = 256  # MB
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
VPC_ACTIONS = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
]


class FunctionSpec(msgspec.Struct, frozen=True, kw_only=True):
    """The properties in which the functions differ."""

    name: str
    handler: str
    environment: dict[str, str] = {}
    statements: list[dict[str, Any]]  # the statements of the execution role's policy
    called_by: str = ""  # the account for which Secrets Manager may call the function


def function_resources(
    spec: FunctionSpec,
    app: App,
    functions: Functions,
    location: Location,
    read: FileReader,
) -> Iterator[Resource]:
    """Describe the log group, the execution role and the function, in this order.

    Args:
        spec: The function.
        app: Its app.
        functions: The [rotation] table of shield.toml.
        location: The account and region.
        read: Returns the content of a file of the app.
    """
    tags = app_tags(app)
    yield Resource(
        kind="log-group",
        name=log_group_name(spec.name),
        settings={"days": functions.log_days, "tags": tags},
    )
    role = rotation_role_name(spec.name, location.region)
    document = {"Version": "2012-10-17", "Statement": spec.statements}
    yield Resource(kind="rotation-role", name=role, settings={"document": document, "tags": tags})
    settings = {
        "code": code_sha256(build_function_zip(spec.environment, read)),
        "runtime": RUNTIME,
        "entry": spec.handler,
        "role": location.iam_arn(f"role/{role}"),
        "timeout": TIMEOUT,
        "memory": MEMORY,
        "environment": spec.environment,
        "subnets": sorted(functions.subnets),
        "security_groups": sorted(functions.security_groups),
        "called_by": spec.called_by,
        "tags": tags,
    }
    yield Resource(kind="function", name=spec.name, settings=settings)


def log_group_name(function: str) -> str:
    """Return the name that Lambda gives to a function's log group."""
    return f"/aws/lambda/{function}"


def rotation_role_name(function: str, region: str) -> str:
    """Return the name of a function's execution role.

    It contains the region, because IAM is global and functions in two regions may share a name.
    """
    return truncate_name(f"{function}-{region}", MAX_NAME_LENGTH)


def allow_statement(sid: str, actions: list[str], resource: str | list[str]) -> dict[str, Any]:
    """Return a policy statement."""
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def log_statement(function: str, location: Location) -> dict[str, Any]:
    """Return the statement that allows a function to write its log."""
    log_streams = location.arn("logs", f"log-group:{log_group_name(function)}:*")
    return allow_statement("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], log_streams)


def network_statement() -> dict[str, Any]:
    """Return the statement that allows a function to run in a VPC."""
    return allow_statement("Network", VPC_ACTIONS, "*")
