"""Find the secrets that the platform of the app already injects from a secret store in AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.draft.manifest_draft import draft_manifest_from_sites
from shield_ai.model.deployment import DeploymentKind, Use, ValueForm
from shield_ai.scan.deployment.production import is_production_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.deployment import Deployment
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.scan.python.scan import Scan

# Kinds of deployment files in which `secrets` refers to AWS Secrets Manager or Parameter Store.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
# https://aws.github.io/copilot-cli/docs/developing/secrets/
INJECTING_KINDS = frozenset(
    {
        DeploymentKind.ECS,
        DeploymentKind.CLOUDFORMATION,
        DeploymentKind.TERRAFORM,
        DeploymentKind.COPILOT,
    }
)
# Lines in these forms do not contain a value. In a file that may be only for development, they are
# not evidence that the variable is also set elsewhere.
WITHOUT_VALUE = frozenset(
    {ValueForm.REFERENCE, ValueForm.DEFAULT, ValueForm.PLACEHOLDER, ValueForm.EMPTY}
)


def without_injected(
    manifest: Manifest, known: Sequence[Secret], deployment: Deployment, scan: Scan
) -> Manifest:
    """Leave out the new variables that already come from AWS, and list them in `ignore`.

    The secrets are drafted from the other variables, as if shield.toml already ignored these.

    Args:
        manifest: The drafted shield.toml.
        known: The secrets that shield.toml already has.
        deployment: The places that set the variables of the new secrets.
        scan: The scan that it was drafted from.
    """
    injected = already_injected(deployment)
    if not injected:
        return manifest
    ignore = (*manifest.app.ignore, *sorted(injected))
    app = msgspec.structs.replace(manifest.app, ignore=ignore)
    without_secrets = msgspec.structs.replace(manifest, app=app, secret=tuple(known))
    others = [found for found in scan.sites if injected.isdisjoint(found[1].variables)]
    return draft_manifest_from_sites(others, without_secrets, scan.facts)


def already_injected(deployment: Deployment) -> set[str]:
    """Return the variables that every production line takes from a secret store in AWS.

    Beside an app in AWS, a Compose file is for developers, unless its name is one for production.
    """
    injected: set[str] = set()
    others: set[str] = set()
    for item in deployment.variables:
        if item.use in {Use.DEVELOPMENT, Use.SUPPRESSED} or item.form is ValueForm.READ:
            continue
        if item.kind is DeploymentKind.COMPOSE and not is_production_name(item.path):
            continue
        if item.kind in INJECTING_KINDS and item.form is ValueForm.SECRET_STORE:
            injected.add(item.variable)
        elif item.use is Use.PRODUCTION or item.form not in WITHOUT_VALUE:
            others.add(item.variable)
    return injected - others - {""}
