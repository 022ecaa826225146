"""Adapt the new secrets of shield.toml to the deployment files of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.draft.checking_secrets import with_required_checks
from shield_ai.flow.draft.copied_passwords import without_copied_rotation
from shield_ai.flow.draft.empty_variables import passed_on_lines, with_optional_empty
from shield_ai.flow.draft.injected_secrets import without_injected
from shield_ai.flow.draft.main_database import require_deployed_database
from shield_ai.flow.draft.plain_fields import (
    hostless_lines,
    plain_urls,
    ports_of_servers,
    set_by_deployment,
    sqlite_names,
    without_fields,
)
from shield_ai.flow.draft.shared_rotation import without_shared_rotation
from shield_ai.model.manifest import Draft
from shield_ai.scan.deployment.chart_variables import find_chart_variables
from shield_ai.scan.deployment.finder import find_deployment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.project.tree import Tree
    from shield_ai.scan.python.scan import Scan


def adapt_to_deployment(
    manifest: Manifest, known: Sequence[Secret], tree: Tree, scan: Scan
) -> Draft:
    """Leave out variables that come from AWS or are not secret, and require the main database.

    Args:
        manifest: The drafted shield.toml.
        known: The secrets that shield.toml already has, which are not changed.
        tree: The app's folder.
        scan: The scan that it was drafted from.
    """
    root = tree.root
    deployment = find_deployment(root, manifest.secret[len(known) :])
    draft = without_injected(manifest, known, deployment, scan)
    plain = set_by_deployment(deployment) | sqlite_names(scan.sites)
    drafted = tuple(
        require_deployed_database(draft.manifest.secret[len(known) :], deployment, tree, scan.sites)
    )
    plain = ports_of_servers(drafted, plain) | plain
    urls = plain_urls(deployment, scan.sites, tree.read) | find_chart_variables(root)
    servers = {name for s in drafted for name in s.variables() if urls.keys() >= {*s.variables()}}
    added = [without_fields(s, plain) for s in drafted if not servers.issuperset(s.variables())]
    added, notes = without_shared_rotation(added, root)
    added, more = without_copied_rotation(added, scan)
    added, checks = with_required_checks(added, tree, scan)
    added, empty = with_optional_empty(added, tree, manifest.app.settings)
    app = draft.manifest.app
    app = msgspec.structs.replace(app, ignore=(*app.ignore, *sorted(servers)))
    manifest = msgspec.structs.replace(draft.manifest, app=app, secret=(*known, *added))
    left_out = {name for secret in drafted for name in secret.variables()} - {*manifest.variables()}
    reasons = plain | urls
    held = {name: reasons[name] for name in sorted(left_out)} | {**draft.held}
    notes += [*more, *checks, *empty, *passed_on_lines(added, deployment, tree)]
    return Draft(manifest, held, (*notes, *hostless_lines(drafted, plain)))
