"""Describe the secrets of an app for the generated files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.desired.iam import ARN_SUFFIX, partition
from shield_ai.rewrite.project.file_edits import single_line

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest, Secret


class SecretDescription(msgspec.Struct, frozen=True, kw_only=True):
    """A secret as the templates show it."""

    name: str  # in AWS, with the prefix
    kind: str
    fields: dict[str, str]  # field -> variable; empty for a single value
    variables: tuple[str, ...]
    optional: bool
    rotation: str
    value_format: str


def describe_secrets(manifest: Manifest) -> list[SecretDescription]:
    """Describe each secret of the manifest, in its order."""
    prefix = single_line(manifest.app.prefix)
    descriptions = []
    for secret in manifest.secret:
        name = f"{prefix}{secret.name}"
        description = SecretDescription(
            name=name,
            kind=secret.kind,
            fields=secret.fields or {},
            variables=tuple(secret.variables()),
            optional=secret.optional,
            rotation=_rotation_text(secret),
            value_format=_value_format(secret),
        )
        descriptions.append(description)
    return descriptions


def arn_of_secrets(manifest: Manifest) -> str:
    """Return the form of the secrets' ARNs, with NAME for the name."""
    region = single_line(manifest.app.region)
    name = f"{single_line(manifest.app.prefix)}NAME{ARN_SUFFIX}"
    return f"arn:{partition(region)}:secretsmanager:{region}:ACCOUNT:secret:{name}"


def _value_format(secret: Secret) -> str:
    if secret.fields is None:
        return f"<{secret.env}>"
    return json.dumps({field: f"<{variable}>" for field, variable in secret.fields.items()})


def _rotation_text(secret: Secret) -> str:
    if secret.rotate is None:
        return "not set"
    if isinstance(secret.rotate, str):
        return "manual"
    strategy = f", {secret.rotate.strategy}" if secret.rotate.strategy else ""
    return f"every {secret.rotate.every}{strategy}"
