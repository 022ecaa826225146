"""Map environment variables to the secrets that a platform such as ECS injects."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.aws.desired.iam import Location, partition
from shield_ai.model.errors import ShieldError
from shield_ai.model.workflow import BRANCH

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

    @property
    def audience(self) -> str:
        """The audience of the ID tokens with which jobs assume a role."""
        is_china = partition(self.manifest.app.region) == "aws-cn"
        return "sts.amazonaws.com.cn" if is_china else "sts.amazonaws.com"

    def require_branch(self) -> None:
        """Check the branch on which jobs may read the secrets.

        Raises:
            ShieldError: It is missing, or is not the name of one branch.
        """
        if not BRANCH.fullmatch(self.branch):
            raise ShieldError(
                f"invalid branch {self.branch!r}",
                "use --branch with the name of one branch, of letters, digits and ._/-",
            )

    def variables(self) -> list[PlatformVariable]:
        """Return the environment variables of all secrets."""
        prefix = self.manifest.app.prefix
        return [
            PlatformVariable(variable, prefix + secret.name, field)
            for secret in self.manifest.secret
            for variable, field in secret.variables().items()
        ]
