"""Describe into which environment variable a platform such as ECS injects which secret."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.aws.desired.iam import Location

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest


class PlatformVariable(NamedTuple):
    """An environment variable, and the secret with its value."""

    name: str
    secret: str  # full name in AWS
    field: str  # of a JSON secret; empty for the whole value


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
    """The app and the account for which the configuration of a platform is exported.

    Args:
        manifest: The parsed shield.toml.
        account: The ID of the AWS account.
        repository: The GitHub repository as OWNER/NAME, or the GitLab project as GROUP/PROJECT or
            its URL. `repository`, `branch` and `github_environment` are empty for other platforms.
        branch: The branch on which jobs may read the secrets.
        github_environment: The GitHub environment that may read the secrets instead of the branch.
    """

    manifest: Manifest
    account: str
    repository: str = ""
    branch: str = ""
    github_environment: str = ""

    @property
    def location(self) -> Location:
        """The account and region of the secrets."""
        return Location(self.account, self.manifest.app.region)

    def variables(self) -> list[PlatformVariable]:
        """Return the environment variables of all secrets."""
        prefix = self.manifest.app.prefix
        return [
            PlatformVariable(variable, prefix + secret.name, field)
            for secret in self.manifest.secret
            for variable, field in secret.variables().items()
        ]
