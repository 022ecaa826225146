"""Adapt a new shield.toml to the deployment files of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.draft.injected_secrets import without_injected
from shield_ai.flow.draft.main_database import require_deployed_database
from shield_ai.scan.deployment.finder import find_deployment

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.model.manifest import Manifest


def adapt_to_deployment(manifest: Manifest, root: Path) -> Manifest:
    """Leave out secrets that already come from AWS, and require the database of production.

    Args:
        manifest: A new shield.toml.
        root: The app's folder.
    """
    deployment = find_deployment(root, manifest.secret)
    return require_deployed_database(without_injected(manifest, deployment), deployment)
