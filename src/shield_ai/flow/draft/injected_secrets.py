"""Find the secrets that the platform of the app already injects from a store of secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.deployment import DeploymentKind, Use, ValueForm

if TYPE_CHECKING:
    from shield_ai.model.deployment import Deployment
    from shield_ai.model.manifest import Manifest

# Where `secrets` with `valueFrom` refers to AWS Secrets Manager or Parameter Store.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
KINDS = frozenset({DeploymentKind.ECS, DeploymentKind.CLOUDFORMATION, DeploymentKind.TERRAFORM})


def without_injected(manifest: Manifest, deployment: Deployment) -> Manifest:
    """Leave out secrets that already come from AWS, and ignore their variables.

    Args:
        manifest: A new shield.toml.
        deployment: The places that set the variables of its secrets.
    """
    injected = injected_variables(deployment)
    if not injected:
        return manifest
    secrets = [secret for secret in manifest.secret if injected.isdisjoint(secret.variables())]
    app = msgspec.structs.replace(manifest.app, ignore=tuple(sorted(injected)))
    return msgspec.structs.replace(manifest, app=app, secret=tuple(secrets))


def injected_variables(deployment: Deployment) -> set[str]:
    """Return the variables that every place for production takes from a store of secrets in AWS."""
    injected: set[str] = set()
    others: set[str] = set()
    for place in deployment.variables:
        if place.use in {Use.DEVELOPMENT, Use.SUPPRESSED} or place.form is ValueForm.READ:
            continue
        from_store = place.kind in KINDS and place.form is ValueForm.SECRET_STORE
        (injected if from_store else others).add(place.variable)
    return injected - others - {""}
