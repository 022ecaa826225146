"""Describe the secrets of an app for the generated files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.rotation_policy import changes_database, rotation_strategy
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
    login_change: str  # what a rotation does to a login that was read before; "" for others


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
            optional=bool(secret.optional),
            rotation=_rotation_text(secret, is_deployed=manifest.rotation is not None),
            login_change=_login_change(secret),
        )
        descriptions.append(description)
    return descriptions


def _rotation_text(secret: Secret, *, is_deployed: bool) -> str:
    """Describe the rotation; its schedule only if `shield apply` deploys rotation functions."""
    if secret.rotate is None:
        return "not set"
    if isinstance(secret.rotate, str):
        return "manual"
    strategy = f", {secret.rotate.strategy}" if secret.rotate.strategy else ""
    is_scheduled = is_deployed and secret.rotate.every and rotation_strategy(secret)
    when = f"every {secret.rotate.every}" if is_scheduled else "with shield rotate"
    return when + strategy


def _login_change(secret: Secret) -> str:
    if secret.rotate in {None, "manual"} or not changes_database(secret):
        return ""
    if rotation_strategy(secret).endswith("alternating-users"):
        return "their login works only until the next rotation"
    return "the database rejects new connections with their login"
