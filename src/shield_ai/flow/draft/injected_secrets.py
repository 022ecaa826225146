"""Find the secrets that the platform of the app already injects from a secret store in AWS."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.draft.manifest_draft import draft_manifest_from_sites
from shield_ai.model.deployment import INJECTING_KINDS, DeploymentKind, Use, ValueForm
from shield_ai.model.manifest import Draft
from shield_ai.model.rotation_policy import PUBLIC_FIELDS
from shield_ai.model.skip import SkipId
from shield_ai.scan.deployment.production import is_production_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from shield_ai.model.deployment import Deployment, DeploymentVariable
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.scan.python.scan import Scan

# Lines in these forms do not contain a value. In a file that may be only for development, they are
# not evidence that the variable is also set elsewhere.
WITHOUT_VALUE = frozenset(
    {ValueForm.REFERENCE, ValueForm.DEFAULT, ValueForm.PLACEHOLDER, ValueForm.EMPTY}
)


def without_injected(
    manifest: Manifest, known: Sequence[Secret], deployment: Deployment, scan: Scan
) -> Draft:
    """Leave out the new variables that already come from AWS, and list them in `ignore`.

    If at least half of the secrets come from AWS, the others are left out, too: the deployment can
    inject them in the same way. Without these variables, the secrets are drafted as if shield.toml
    already ignored them.

    Args:
        manifest: The drafted shield.toml.
        known: The secrets that shield.toml already has.
        deployment: The places that set the variables of the new secrets.
        scan: The scan that it was drafted from.
    """
    injected = already_injected(deployment)
    if not injected:
        return Draft(manifest, {})
    held = {
        name: SkipId.ALREADY_INJECTED.reason(path=path) for name, path in sorted(injected.items())
    }
    if _injects_most(injected, manifest):
        path, _ = Counter(injected.values()).most_common(1)[0]
        reason = SkipId.INJECT_INSTEAD.reason(path=path)
        # Some files may set other values, for example for another host.
        stored = {n: SkipId.ALREADY_INJECTED.reason(path=p) for n, p in _stored(deployment).items()}
        for secret in manifest.secret[len(known) :]:
            held = dict.fromkeys(secret.variables(), reason) | held
        held |= {name: stored[name] for name in held.keys() & stored.keys()}
    app = msgspec.structs.replace(manifest.app, ignore=(*manifest.app.ignore, *sorted(held)))
    without_secrets = msgspec.structs.replace(manifest, app=app, secret=tuple(known))
    others = [found for found in scan.sites if held.keys().isdisjoint(found[1].variables)]
    return Draft(draft_manifest_from_sites(others, without_secrets, scan.facts), held)


def _injects_most(injected: Collection[str], manifest: Manifest) -> bool:
    """Return whether at least half of the secret variables come from AWS."""
    secret = [
        variable
        for variable, (_, field) in manifest.secrets_by_variable().items()
        if field not in PUBLIC_FIELDS
    ]
    number = len(set(secret) & set(injected))
    return number > 0 and 2 * number >= len(secret)


def already_injected(deployment: Deployment) -> dict[str, str]:
    """Map the variables that every production line takes from a secret store in AWS to a file.

    If the app runs in AWS, Compose files are for development, unless their names say production.
    """
    others = {""}
    for item in filter(_is_for_production, deployment.variables):
        is_set = item.use is Use.PRODUCTION or item.form not in WITHOUT_VALUE
        if is_set and not _is_stored(item):
            others.add(item.variable)
    return {name: path for name, path in _stored(deployment).items() if name not in others}


def _stored(deployment: Deployment) -> dict[str, str]:
    """Map the variables that a production line takes from a secret store in AWS to its file."""
    stored: dict[str, str] = {}
    for item in filter(_is_for_production, deployment.variables):
        if _is_stored(item):
            stored.setdefault(item.variable, item.path)
    return stored


def _is_stored(item: DeploymentVariable) -> bool:
    return item.kind in INJECTING_KINDS and item.form is ValueForm.SECRET_STORE


def _is_for_production(item: DeploymentVariable) -> bool:
    if item.use in {Use.DEVELOPMENT, Use.SUPPRESSED} or item.form is ValueForm.READ:
        return False
    return item.kind is not DeploymentKind.COMPOSE or is_production_name(item.path)
