"""List the IAM permissions that changes to secrets require."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import uses_customer_key
from shield_ai.aws.desired.permissions import KMS_ACTIONS

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.resource import Settings

READ_PERMISSIONS: tuple[str, ...] = ("secretsmanager:DescribeSecret",)


def key_permissions(manifest: Manifest) -> tuple[str, ...]:
    """Return the permissions for a customer managed key, if the app has one."""
    return KMS_ACTIONS if uses_customer_key(manifest.app) else ()


def creation_permissions(wanted: Settings, manifest: Manifest) -> tuple[str, ...]:
    """Return the permissions that the creation of a secret needs.

    Args:
        wanted: The desired settings.
        manifest: shield.toml.
    """
    permissions = ["secretsmanager:CreateSecret", "secretsmanager:TagResource"]
    if wanted["replicas"]:
        permissions.append("secretsmanager:ReplicateSecretToRegions")
    return (*permissions, *key_permissions(manifest))


def update_permissions(
    current: Settings, wanted: Settings, manifest: Manifest, *, stores_value: bool
) -> tuple[str, ...]:
    """Return the permissions that an update needs.

    Args:
        current: The settings in AWS.
        wanted: The desired settings.
        manifest: shield.toml.
        stores_value: Whether a new value is stored.
    """
    permissions: list[str] = []
    if stores_value:
        permissions += (
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
            *key_permissions(manifest),
        )
    by_setting = {
        "description": ("secretsmanager:UpdateSecret",),
        "kms_key": ("secretsmanager:UpdateSecret", *key_permissions(manifest)),
        "tags": ("secretsmanager:TagResource",),
        "replicas": (
            "secretsmanager:ReplicateSecretToRegions",
            "secretsmanager:RemoveRegionsFromReplication",
        ),
    }
    for setting, needed in by_setting.items():
        if current.get(setting) != wanted.get(setting):
            permissions += needed
    if current.get("tags", {}).keys() - wanted.get("tags", {}):
        permissions.append("secretsmanager:UntagResource")
    return tuple(dict.fromkeys(permissions))
