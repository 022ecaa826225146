"""What the generated texts say of each secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.desired.iam import ARN_SUFFIX, partition
from shield_ai.rewrite.project.text import words

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest, Secret


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """One secret, in words for a template."""

    name: str  # in AWS, with the prefix
    kind: str
    fields: dict[str, str]  # field → variable; empty for a text
    variables: tuple[str, ...]
    optional: bool
    rotation: str
    document: tuple[str, ...]  # what its value looks like, a line each
    arn: str


def describe(manifest: Manifest, account: str = "ACCOUNT") -> list[Described]:
    """Describe each secret of the manifest, in its order."""
    region, prefix = words(manifest.app.region), words(manifest.app.prefix)
    base = f"arn:{partition(region)}:secretsmanager:{region}:{account}:secret:"
    return [
        Described(
            name=(name := f"{prefix}{secret.name}"),
            kind=secret.kind,
            fields=secret.fields or {},
            variables=tuple(secret.variables()),
            optional=secret.optional,
            rotation=_rotation(secret),
            document=_document(secret),
            arn=f"{base}{name}{ARN_SUFFIX}",
        )
        for secret in manifest.secret
    ]


def _document(secret: Secret) -> tuple[str, ...]:
    if secret.fields is None:
        return (f"<the value of {secret.env}>",)
    document = {field: f"<{variable}>" for field, variable in secret.fields.items()}
    return tuple(json.dumps(document, indent=2).split("\n"))


def _rotation(secret: Secret) -> str:
    if secret.rotate is None:
        return "not set"
    if isinstance(secret.rotate, str):
        return "by hand"
    strategy = f", {secret.rotate.strategy}" if secret.rotate.strategy else ""
    return f"every {secret.rotate.every}{strategy}"
