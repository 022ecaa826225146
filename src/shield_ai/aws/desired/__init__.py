"""Describe the AWS resources that an app needs besides its secrets, as data.

A module with a `DESCRIPTION` describes one concern. None of them calls AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.description import find_descriptions

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.resource import Resource


def resources(
    manifest: Manifest, account: str, read: FileReader | None = None
) -> tuple[Resource, ...]:
    """Return all resources of an app, each after the resources that it depends on.

    Args:
        manifest: The parsed shield.toml.
        account: The ID of the AWS account.
        read: Returns the content of a file of the app. None omits the Lambda functions, which
            can include such files.
    """
    found: list[Resource] = []
    for description in find_descriptions():
        found += description.describe(manifest, account, read)
    return tuple(found)
