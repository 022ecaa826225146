"""Find the secrets that the platform of the app already injects from a secret store in AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.deployment import DeploymentKind, Use, ValueForm

if TYPE_CHECKING:
    from shield_ai.model.deployment import Deployment
    from shield_ai.model.manifest import Manifest

# Where `secrets` refers to AWS Secrets Manager or Parameter Store.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
# https://aws.github.io/copilot-cli/docs/developing/secrets/
KINDS = frozenset(
    {
        DeploymentKind.ECS,
        DeploymentKind.CLOUDFORMATION,
        DeploymentKind.TERRAFORM,
        DeploymentKind.COPILOT,
    }
)
# Forms of lines without the value. In a file that may be for development, such as compose.yaml,
# they do not show that the value also comes from another place.
WITHOUT_VALUE = frozenset(
    {ValueForm.REFERENCE, ValueForm.DEFAULT, ValueForm.PLACEHOLDER, ValueForm.EMPTY}
)


def without_injected(manifest: Manifest, deployment: Deployment) -> Manifest:
    """Leave out the secrets that already come from AWS, and add their variables to `ignore`.

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
    """Return the variables that all lines for production take from a secret store in AWS."""
    injected: set[str] = set()
    others: set[str] = set()
    for item in deployment.variables:
        if item.use in {Use.DEVELOPMENT, Use.SUPPRESSED} or item.form is ValueForm.READ:
            continue
        if item.kind in KINDS and item.form is ValueForm.SECRET_STORE:
            injected.add(item.variable)
        elif item.use is Use.PRODUCTION or item.form not in WITHOUT_VALUE:
            others.add(item.variable)
    return injected - others - {""}
