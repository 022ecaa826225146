"""One account and region, as one run sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.live.cloudwatch import metric_sum
from shield_ai.aws.live.iam import allowed_resources, role_exists
from shield_ai.aws.live.parallel import LISTS, parallel_map
from shield_ai.aws.live.registry import Resources
from shield_ai.aws.live.rotation import RotationClient
from shield_ai.aws.live.secretsmanager import SecretsManager
from shield_ai.aws.live.session import translate_errors
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from shield_ai.aws.live.rotation import RotationState
    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import Live


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
        return msgspec.structs.replace(live, resources=self.resources.read(keys))

    def as_role(self, arn: str) -> Account:
        """Return the account as a role sees it."""
        name = arn.rpartition("/")[2]
        return self if self.session.is_role(name) else Account(self.session.as_role(arn))

    def rotation(self, names: Sequence[str]) -> dict[str, RotationState | None]:
        """Look how the rotations of these secrets stand."""
        found = parallel_map(
            RotationClient(self.session).state,
            names,
            self.session,
            "rotations looked at",
            rate=LISTS,
        )
        return dict(zip(names, found, strict=True))

    def readable_secrets(self, role: str, arns: Sequence[str]) -> set[str]:
        """Ask IAM which of these secrets a role may read, by its own policies.

        Args:
            role: Its name.
            arns: Of the secrets; they need not be there.
        """
        return allowed_resources(self.session, role, "secretsmanager:GetSecretValue", arns)

    def metric_sum(self, namespace: str, metric: str, since: datetime) -> float | None:
        """Return the sum of a metric since then; None where nobody has sent it."""
        return metric_sum(self.session, namespace, metric, since)

    def key_state(self, key: str) -> str:
        """Return the state of a KMS key, "Enabled" where it can be used; empty where there is none.

        Args:
            key: Its id or ARN, or an alias.
        """
        client = self.session.kms()
        with translate_errors("kms:DescribeKey", key):
            try:
                return client.describe_key(KeyId=key)["KeyMetadata"].get("KeyState", "")
            except client.exceptions.NotFoundException:
                return ""

    def require_role(self, name: str) -> None:
        """Refuse to go on without the app's role.

        Raises:
            AwsError: It is not there.
        """
        if not role_exists(self.session, name):
            raise AwsError(
                f"there is no IAM role {name} in account {self.id}",
                "correct role in shield.toml, or create the role",
            )
