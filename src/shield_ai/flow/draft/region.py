"""Choose the AWS region of a new shield.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.manifest_patterns import REGION
from shield_ai.project.operator_region import operator_region
from shield_ai.scan.deployment.aws_region import find_aws_region

if TYPE_CHECKING:
    from pathlib import Path


def choose_region(named: str, root: Path) -> str:
    """Return the region that the app or its files name, or that of the user; "" without one.

    Args:
        named: The region that the settings name; may be "".
        root: The app's folder.

    Raises:
        SourceError: The folder can't be listed.
    """
    region = named or find_aws_region(root)
    if region:
        return region
    region = operator_region()
    return region if REGION.fullmatch(region) else ""
