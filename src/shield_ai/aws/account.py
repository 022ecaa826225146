"""One account and region, as one run sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.iam import has_role
from shield_ai.aws.resources import Resources
from shield_ai.aws.secretsmanager import SecretsManager
from shield_ai.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.aws.session import Session
    from shield_ai.model import Live


class Account:
    """The secrets, and everything else. Every method raises AwsError when AWS refuses."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.secrets = SecretsManager(session)
        self.resources = Resources(session)

    @property
    def id(self) -> str:
        """The id of the account that the credentials belong to."""
        return self.session.account()

    def live(self, names: Iterable[str], keys: Iterable[tuple[str, str]] = ()) -> Live:
        """Look at the secrets with these names, and the resources with these kinds and names."""
        live = self.secrets.live(names)
        return msgspec.structs.replace(live, resources=self.resources.look(keys))

    def require_role(self, name: str) -> None:
        """Refuse to go on without the app's role.

        Raises:
            AwsError: It is not there.
        """
        if not has_role(self.session, name):
            raise AwsError(
                f"there is no IAM role {name} in account {self.id}", "correct role in shield.toml, or create the role"
            )
