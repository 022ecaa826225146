"""Adapt a new shield.toml to the deployment files of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.draft.injected_secrets import without_injected
from shield_ai.flow.draft.main_database import require_deployed_database
from shield_ai.scan.deployment.finder import find_deployment

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.model.manifest import Manifest
    from shield_ai.scan.python.scan import Scan


def adapt_to_deployment(manifest: Manifest, root: Path, scan: Scan) -> Manifest:
    """Leave out variables that already come from AWS, and require the database of production.

    Args:
        manifest: A new shield.toml.
        root: The app's folder.
        scan: The scan that it was drafted from.
    """
    deployment = find_deployment(root, manifest.secret)
    others = without_injected(manifest, deployment, scan)
    return require_deployed_database(others, deployment)
