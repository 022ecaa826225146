"""Export what `shield apply` would create in AWS to other tools. No format contains a secret value.

`FORMATS` maps the name of a format to the function that writes the resources. `PLATFORMS` does so
for the formats with which a platform sets the app's environment variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.aws.desired.secrets import secret_settings
from shield_ai.aws.export.awscli import to_awscli
from shield_ai.aws.export.cloudformation import to_cloudformation
from shield_ai.aws.export.ecs import to_ecs
from shield_ai.aws.export.external_secrets import to_external_secrets
from shield_ai.aws.export.github_actions import to_github_actions
from shield_ai.aws.export.gitlab_ci import to_gitlab_ci
from shield_ai.aws.export.sam import to_sam
from shield_ai.aws.export.terraform import to_terraform
from shield_ai.model.resource import SECRET_KIND, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shield_ai.aws.export.platform import Target
    from shield_ai.model.manifest import Manifest


class ExportDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield export --format json`."""

    version: Literal[1] = 1
    region: str
    resources: tuple[Resource, ...]


def secret_resources(manifest: Manifest) -> tuple[Resource, ...]:
    """Describe the secrets, without their values, as resources of the kind "secret"."""
    resources = []
    for secret in manifest.secret:
        resource = Resource(
            kind=SECRET_KIND,
            name=manifest.app.prefix + secret.name,
            settings=secret_settings(secret, manifest),
        )
        resources.append(resource)
    return tuple(resources)


def to_json(resources: Sequence[Resource], region: str) -> str:
    """Return all resources as an indented JSON document."""
    document = ExportDocument(region=region, resources=tuple(resources))
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


FORMATS: dict[str, Callable[[Sequence[Resource], str], str]] = {
    "cloudformation": to_cloudformation,
    "terraform": to_terraform,
    "cli": to_awscli,
    "json": to_json,
}
PLATFORMS: dict[str, Callable[[Target], str]] = {
    "ecs": to_ecs,
    "external-secrets": to_external_secrets,
    "sam": to_sam,
    "github-actions": to_github_actions,
    "gitlab-ci": to_gitlab_ci,
}
