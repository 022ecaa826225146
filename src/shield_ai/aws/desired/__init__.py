"""Describe the AWS resources that an app needs besides its secrets, as data.

Each module describes one concern. None of them calls AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.canary import canary_resources
from shield_ai.aws.desired.iam import iam_resources
from shield_ai.aws.desired.monitoring import monitoring_resources
from shield_ai.aws.desired.rotation import rotation_resources
from shield_ai.aws.desired.secret_policy import secret_policies

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.resource import Resource


def resources(
    manifest: Manifest, account: str, region: str, read: FileReader | None = None
) -> tuple[Resource, ...]:
    """Return all resources of an app, each after the resources that it depends on.

    Args:
        manifest: The parsed shield.toml.
        account: The ID of the AWS account.
        region: The region of the secrets.
        read: Returns the content of a file of the app. None omits the Lambda functions, which
            can include such files.
    """
    return (
        *iam_resources(manifest, account, region),
        *secret_policies(manifest, account, region),
        *monitoring_resources(manifest, account, region),
        *rotation_resources(manifest, account, region, read),
        *canary_resources(manifest, account, region, read),
    )
