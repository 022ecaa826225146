"""Run the checks of AWS in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired import resources
from shield_ai.flow.verify.account import verify_account
from shield_ai.flow.verify.resources import verify_resources
from shield_ai.flow.verify.role import verify_role
from shield_ai.flow.verify.stored_secrets import verify_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.verify.check import Check
    from shield_ai.flow.verify.role import SecretReads
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest


def verify_aws(
    manifest: Manifest, aws: Account, reads: SecretReads, read: FileReader
) -> Iterator[Check]:
    """Check the secrets, the resources, the app's role and the account.

    Args:
        manifest: shield.toml, with the settings of the environment.
        aws: The account.
        reads: The secrets, from `read_secrets`.
        read: Returns the bytes of a file of the app.
    """
    yield from verify_secrets(manifest, reads.values, aws)
    desired = resources(manifest, aws.id, manifest.app.region, read)
    yield from verify_resources(desired, aws)
    yield from verify_role(manifest, aws, reads)
    yield from verify_account(manifest, aws, reads.values)
