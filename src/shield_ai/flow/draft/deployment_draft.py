"""Adapt the new secrets of shield.toml to the deployment files of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.draft.injected_secrets import without_injected
from shield_ai.flow.draft.main_database import require_deployed_database
from shield_ai.flow.draft.plain_fields import set_by_deployment, sqlite_names, without_fields
from shield_ai.model.manifest import Draft
from shield_ai.scan.deployment.finder import find_deployment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.scan.python.scan import Scan


def adapt_to_deployment(
    manifest: Manifest, known: Sequence[Secret], root: Path, scan: Scan
) -> Draft:
    """Leave out variables that already come from AWS, and require the database of production.

    Args:
        manifest: The drafted shield.toml.
        known: The secrets that shield.toml already has, which are not changed.
        root: The app's folder.
        scan: The scan that it was drafted from.
    """
    deployment = find_deployment(root, manifest.secret[len(known) :])
    draft = without_injected(manifest, known, deployment, scan)
    plain = set_by_deployment(deployment) | sqlite_names(scan.sites)
    drafted = tuple(require_deployed_database(draft.manifest.secret[len(known) :], deployment))
    added = [without_fields(secret, plain) for secret in drafted]
    manifest = msgspec.structs.replace(draft.manifest, secret=(*known, *added))
    left_out = {name for secret in drafted for name in secret.variables()} - {*manifest.variables()}
    return Draft(manifest, {name: plain[name] for name in sorted(left_out)} | {**draft.held})
