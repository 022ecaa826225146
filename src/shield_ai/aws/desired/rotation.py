"""Describe a Lambda function and a rotation schedule for each secret that rotates.

Each secret has its own function, so that no function can read another secret.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.description import Description
from shield_ai.aws.desired.iam import (
    Location,
    app_slug,
    decrypt_statement,
    short_digest,
    truncate_name,
    uses_customer_key,
)
from shield_ai.aws.desired.lambda_function import (
    MAX_NAME_LENGTH,
    FunctionSpec,
    allow_statement,
    function_resources,
    log_statement,
    network_statement,
)
from shield_ai.aws.desired.lambda_package import HANDLER
from shield_ai.model import schedule
from shield_ai.model.manifest import Rotation
from shield_ai.model.resource import Resource
from shield_ai.model.rotation_policy import rotation_settings, rotation_strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Functions, Manifest, Secret

ROTATION_ACTIONS = [
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
    "secretsmanager:ListSecretVersionIds",
]


def rotation_resources(
    manifest: Manifest, account: str, read: FileReader | None
) -> Iterator[Resource]:
    """Describe the functions and schedules; yield nothing without [rotation] in shield.toml.

    Args:
        manifest: The parsed shield.toml.
        account: The ID of the AWS account.
        read: Returns the content of a file of the app. None omits the functions, because they
            can include such files.
    """
    functions = manifest.rotation
    if functions is None or read is None:
        return
    location = Location(account, manifest.app.region)
    for secret, rotate in secrets_with_rotation_function(manifest):
        spec = _function_spec(manifest, functions, secret, location)
        yield from function_resources(spec, manifest.app, functions, location, read)
        yield _schedule(manifest, secret, rotate, location)


def secrets_with_rotation_function(manifest: Manifest) -> list[tuple[Secret, Rotation]]:
    """Return the secrets that a function can rotate on schedule, with their rotation settings."""
    rotated = []
    for secret in manifest.secret:
        rotate = secret.rotate
        if isinstance(rotate, Rotation) and rotate.every and rotation_strategy(secret):
            rotated.append((secret, rotate))
    return rotated


def function_name(manifest: Manifest, secret: Secret) -> str:
    """Return a unique name for a secret's function.

    The names `a/b` and `a.b` would both become `a-b`, so such names get a digest.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", secret.name)
    name = f"{app_slug(manifest.app)}-rotate-{plain}"
    if plain != secret.name:
        name += f"-{short_digest(secret.name)}"
    return truncate_name(name, MAX_NAME_LENGTH)


def _function_spec(
    manifest: Manifest, functions: Functions, secret: Secret, location: Location
) -> FunctionSpec:
    name = function_name(manifest, secret)
    return FunctionSpec(
        name=name,
        handler=HANDLER,
        environment=rotation_settings(secret),
        statements=_statements(manifest, functions, secret, location),
        called_by=location.account,
    )


def _schedule(manifest: Manifest, secret: Secret, rotate: Rotation, location: Location) -> Resource:
    name = function_name(manifest, secret)
    planned = schedule.parse_schedule(rotate.every)
    window = schedule.parse_window(rotate.window, planned) if rotate.window else ""
    return Resource(
        kind="rotation",
        name=manifest.app.prefix + secret.name,
        settings={
            "function": location.arn("lambda", f"function:{name}"),
            "schedule": planned.expression,
            "window": window,
        },
    )


def _statements(
    manifest: Manifest, functions: Functions, secret: Secret, location: Location
) -> list[dict[str, Any]]:
    """Allow the function to rotate its secret, as long as the secret is configured to use it."""
    app = manifest.app
    name = function_name(manifest, secret)
    function_arn = location.arn("lambda", f"function:{name}")
    rotate = allow_statement(
        "Rotate", ROTATION_ACTIONS, location.secret_arn(app.prefix + secret.name)
    )
    rotate["Condition"] = {
        "StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": function_arn}
    }
    statements = [
        rotate,
        allow_statement("GeneratePassword", ["secretsmanager:GetRandomPassword"], "*"),
        log_statement(name, location),
    ]
    admin = secret.rotate.admin if isinstance(secret.rotate, Rotation) else ""
    if admin:
        admin_arn = admin if admin.startswith("arn:") else location.secret_arn(admin)
        read = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
        statements.append(allow_statement("ReadAdministrator", read, admin_arn))
    if functions.subnets:
        statements.append(network_statement())
    if uses_customer_key(app):
        key = decrypt_statement(app, location.account)
        statements.append({**key, "Action": ["kms:Decrypt", "kms:GenerateDataKey"]})
    return statements


DESCRIPTION = Description(order=40, describe=rotation_resources)
