"""What an app needs in AWS beside its secrets, as data: one module a concern, none of them talks to AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.canary import canary_resources
from shield_ai.aws.desired.iam import iam_resources
from shield_ai.aws.desired.monitoring import monitoring_resources
from shield_ai.aws.desired.rotation import rotation_resources
from shield_ai.aws.desired.secret_policy import secret_policies

if TYPE_CHECKING:
    from collections.abc import Callable

    from shield_ai.model.manifest import Manifest
    from shield_ai.model.resource import Resource


def resources(
    manifest: Manifest, account: str, region: str, read: Callable[[str], bytes | None] | None = None
) -> tuple[Resource, ...]:
    """List everything that should be there, each after what it depends on.

    Args:
        manifest: What the app asks for.
        account: The id of the account.
        region: Where the secrets are.
        read: Gives the bytes of a file of the app; None leaves out what is deployed with some.
    """
    return (
        *iam_resources(manifest, account, region),
        *secret_policies(manifest, account, region),
        *monitoring_resources(manifest, account, region),
        *rotation_resources(manifest, account, region, read),
        *canary_resources(manifest, account, region, read),
    )
