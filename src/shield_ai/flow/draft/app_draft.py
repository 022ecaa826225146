"""Draft the shield.toml of an app, and write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.draft.database_engine import with_engine
from shield_ai.flow.draft.deployment_draft import adapt_to_deployment
from shield_ai.flow.draft.development_defaults import default_lines
from shield_ai.flow.draft.manifest_draft import draft_manifest_from_sites
from shield_ai.flow.draft.map_path import choose_map_path
from shield_ai.flow.draft.region import choose_region
from shield_ai.flow.manifest_file import add_secrets, write_manifest
from shield_ai.model.errors import SourceError
from shield_ai.model.finding import Severity
from shield_ai.model.site import READ_SHAPES
from shield_ai.project.app_folder import (
    require_app_folder,
    require_no_nested_repository,
    require_not_parent_of_apps,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Draft, Manifest, Secret
    from shield_ai.scan.python.scan import Scan


def draft_manifest(app: AppContext) -> Draft:
    """Draft the manifest of an app from its scan, or add new secrets to the existing manifest.

    Args:
        app: The app.

    Raises:
        SourceError: The app has no Python files, its folder is inside another app, or its code is
            in a git repository below the folder.
    """
    scan = app.scan_result
    if not scan.files:
        raise SourceError(
            f"no Python files of an app in {app.tree.root}; tests and generated files do not count",
            "pass the app's folder; for Django, the folder with manage.py",
        )
    facts = scan.facts
    _require_repository(app)
    if app.manifest_on_disk is None:
        require_app_folder(app.tree.root)
        importers = {finding.path for finding, site in scan.sites if not site.reason}
        require_not_parent_of_apps(
            app.tree.root, sorted({*importers, *(path for path, *_ in scan.call_sites)})
        )
        runtime = choose_map_path(app.tree, facts.runtime, importers)
        region = choose_region(facts.region, app.tree.root)
        facts = msgspec.structs.replace(facts, runtime=runtime, region=region)
    manifest = draft_manifest_from_sites(scan.sites, app.manifest_on_disk, facts)
    known = app.manifest_on_disk.secret if app.manifest_on_disk else ()
    draft = adapt_to_deployment(manifest, known, app.tree, scan)
    added = tuple(with_engine(draft.manifest.secret[len(known) :], app.tree, scan))
    manifest = msgspec.structs.replace(draft.manifest, secret=(*known, *added))
    notes = (*draft.notes, *default_lines(scan.sites, added))
    return draft._replace(manifest=manifest, notes=notes)


def _require_repository(app: AppContext) -> None:
    """Require that the code to move is in no git repository below the app's folder."""
    scan = app.scan_result
    edited = [finding.path for finding, site in scan.sites if not site.reason]
    others = {*scan.facts.settings, *(finding.path for finding, _ in scan.sites)}
    require_no_nested_repository(app.tree.root, [*edited, scan.facts.runtime], others)


def write_draft(app: AppContext, drafted: Manifest, more: Sequence[Secret] = ()) -> str:
    """Write shield.toml, or add secrets to it, and return a message for the user.

    Args:
        app: The app.
        drafted: From `draft_manifest`.
        more: Secrets from other tools, added after those of the scan.
    """
    manifest = add_secrets(drafted, more)
    known = len(app.manifest_on_disk.secret) if app.manifest_on_disk else 0
    return write_manifest(app.tree, manifest, known)


def unmovable_reads(scan: Scan, ignored: Collection[str]) -> list[Finding]:
    """Return the reads of secrets that can't be rewritten automatically.

    Args:
        scan: The scan of the app.
        ignored: The variables that shield.toml ignores.
    """
    reads = []
    for finding, site in scan.sites:
        is_secret = finding.severity is not Severity.LOW and finding.env not in ignored
        if is_secret and site.reason and site.shape in READ_SHAPES:
            reads.append(finding)
    return reads
