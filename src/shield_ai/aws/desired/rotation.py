"""A Lambda function for each secret that rotates: its log, its role, itself, and the schedule. Where [rotation] stands.

A function of its own for each secret, so that none may read another one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import (
    ARN_SUFFIX,
    app_tags,
    decrypt_statement,
    partition,
    short_digest,
    slug,
    truncate_name,
    uses_customer_key,
)
from shield_ai.aws.desired.lambda_package import (
    HANDLER,
    RUNTIME,
    build_function_zip,
    code_sha256,
)
from shield_ai.model import schedule
from shield_ai.model.manifest import Rotation
from shield_ai.model.resource import Resource
from shield_ai.model.rotation_policy import environment, strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shield_ai.model.manifest import Manifest, Secret

SECRETS_MANAGER_PRINCIPAL = "secretsmanager.amazonaws.com"  # who calls the functions
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
LONGEST = 64  # characters of a function's and a role's name
TIMEOUT = 300  # seconds: a step may wait for a lock in the database
MEMORY = 256  # MB
STEPS = [
    "DescribeSecret",
    "GetSecretValue",
    "PutSecretValue",
    "UpdateSecretVersionStage",
    "ListSecretVersionIds",
]
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
VPC_ACTIONS = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
]


def rotation_resources(
    manifest: Manifest, account: str, region: str, read: Callable[[str], bytes | None] | None
) -> Iterator[Resource]:
    """Describe the functions; nothing without the table [rotation].

    Args:
        manifest: What the app asks for.
        account: The id of the account.
        region: Where the secrets are.
        read: Gives the bytes of a file of the app; None: its files can't be looked at, and the functions are left out.
    """
    if manifest.rotation is None or read is None:
        return
    for secret in manifest.secret:
        if isinstance(secret.rotate, Rotation) and strategy(secret):
            yield from _one(
                manifest, secret, f"arn:{partition(region)}:{{}}:{region}:{account}:{{}}", read
            )


def function_name(manifest: Manifest, secret: Secret) -> str:
    """Name a secret's function, each by a name of its own: `a/b` and `a.b` would both be `a-b`."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", secret.name)
    ending = "" if plain == secret.name else f"-{short_digest(secret.name)}"
    return truncate_name(f"{slug(manifest.app)}-rotate-{plain}{ending}", LONGEST)


def rotation_role_name(function: str, region: str) -> str:
    """Name a function's role with its region: IAM is one for all regions, and two may have a function of that name."""
    return truncate_name(f"{function}-{region}", LONGEST)


def _one(
    manifest: Manifest, secret: Secret, arn: str, read: Callable[[str], bytes | None]
) -> Iterator[Resource]:
    functions, rotate = manifest.rotation, secret.rotate
    assert functions  # noqa: S101  # for mypy: our caller has looked
    assert isinstance(rotate, Rotation)  # noqa: S101  # as above
    name, settings, marks = (
        function_name(manifest, secret),
        environment(secret),
        app_tags(manifest.app),
    )
    log, function = (
        arn.format("logs", f"log-group:/aws/lambda/{name}"),
        arn.format("lambda", f"function:{name}"),
    )
    account = arn.split(":")[4]
    role_name = rotation_role_name(name, arn.split(":")[3])
    role = f"arn:{arn.split(':')[1]}:iam::{account}:role/{role_name}"
    yield Resource(
        kind="log-group",
        name=f"/aws/lambda/{name}",
        settings={"days": functions.log_days, "tags": marks},
    )
    document = {
        "Version": "2012-10-17",
        "Statement": _statements(manifest, secret, arn, log, function),
    }
    yield Resource(
        kind="rotation-role", name=role_name, settings={"document": document, "tags": marks}
    )
    yield Resource(
        kind="function",
        name=name,
        settings={
            "code": code_sha256(build_function_zip(settings, read)),
            "runtime": RUNTIME,
            "entry": HANDLER,
            "role": role,
            "timeout": TIMEOUT,
            "memory": MEMORY,
            "environment": settings,
            "subnets": sorted(functions.subnets),
            "security_groups": sorted(functions.security_groups),
            "called_by": account,  # Secrets Manager, for this account alone
            "tags": marks,
        },
    )
    when = schedule.parse(rotate.every)
    window = schedule.window(rotate.window, when) if rotate.window else ""
    planned = {"function": function, "schedule": when.expression, "window": window}
    yield Resource(kind="rotation", name=manifest.app.prefix + secret.name, settings=planned)


def _statements(
    manifest: Manifest, secret: Secret, arn: str, log: str, function: str
) -> list[dict[str, Any]]:
    """Allow what the function needs, on this secret alone, and only as long as this function rotates it."""
    rotate = secret.rotate
    app, admin = manifest.app, rotate.admin if isinstance(rotate, Rotation) else ""
    own = arn.format("secretsmanager", f"secret:{app.prefix}{secret.name}{ARN_SUFFIX}")
    ours = {"StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": function}}
    statements: list[dict[str, Any]] = [
        _allow("Rotate", [f"secretsmanager:{step}" for step in STEPS], own) | {"Condition": ours},
        _allow("MakePassword", ["secretsmanager:GetRandomPassword"], "*"),
        _allow("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{log}:*"),
    ]
    if admin:
        whole = (
            admin
            if admin.startswith("arn:")
            else arn.format("secretsmanager", f"secret:{admin}{ARN_SUFFIX}")
        )
        statements.append(
            _allow(
                "ReadAdministrator",
                ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
                whole,
            )
        )
    if manifest.rotation and manifest.rotation.subnets:
        statements.append(_allow("Network", VPC_ACTIONS, "*"))
    if uses_customer_key(app):
        key = decrypt_statement(app, arn.split(":")[4])
        statements.append({**key, "Action": ["kms:Decrypt", "kms:GenerateDataKey"]})
    return statements


def _allow(sid: str, actions: list[str], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
