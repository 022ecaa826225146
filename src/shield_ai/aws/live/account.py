"""Access an AWS account and region: its secrets, resources, rotations, metrics and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.live.calls import translate_errors
from shield_ai.aws.live.cloudwatch import metric_sum
from shield_ai.aws.live.iam import allowed_resources, role_exists
from shield_ai.aws.live.kinds.registry import Resources
from shield_ai.aws.live.parallel import LIST_VERSIONS_RATE, parallel_map
from shield_ai.aws.live.rotation import RotationClient
from shield_ai.aws.live.secretsmanager import SecretsManager
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from shield_ai.aws.live.rotation import RotationState
    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import Live


class Account:
    """An account and region. Methods raise AwsError if a call fails."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.secrets = SecretsManager(session)
        self.resources = Resources(session)

    @property
    def id(self) -> str:
        """The ID of the account that the credentials belong to."""
        return self.session.account()

    def live_state(self, names: Iterable[str], resources: Iterable[tuple[str, str]] = ()) -> Live:
        """Return the state of the secrets with these names and some resources.

        Args:
            names: The full names of the secrets.
            resources: The kind and name of each resource.
        """
        live = self.secrets.live_state(names)
        return msgspec.structs.replace(live, resources=self.resources.read(resources))

    def as_role(self, arn: str) -> Account:
        """Return this account, accessed with the credentials of a role."""
        name = arn.rpartition("/")[2]
        return self if self.session.is_role(name) else Account(self.session.as_role(arn))

    def rotation_states(self, names: Sequence[str]) -> dict[str, RotationState | None]:
        """Return the rotation state of these secrets, by name."""
        client = RotationClient(self.session)
        states = parallel_map(
            client.state, names, self.session, "rotations checked", rate=LIST_VERSIONS_RATE
        )
        return dict(zip(names, states, strict=True))

    def readable_secrets(self, role: str, arns: Sequence[str]) -> set[str]:
        """Return the ARNs of the secrets that a role's identity-based policies allow it to read.

        Args:
            role: The ARN of the role, with its path.
            arns: The ARNs of secrets, which need not exist.
        """
        return allowed_resources(self.session, role, "secretsmanager:GetSecretValue", arns)

    def metric_sum(self, namespace: str, metric: str, since: datetime) -> float | None:
        """Return the sum of a metric since a time, or None if it has no data points."""
        return metric_sum(self.session, namespace, metric, since)

    def key_state(self, key: str) -> str:
        """Return the state of a KMS key, such as "Enabled"; empty if the key does not exist.

        Args:
            key: The ID, ARN or alias of the key.
        """
        client = self.session.kms()
        with translate_errors("kms:DescribeKey", key):
            try:
                return client.describe_key(KeyId=key)["KeyMetadata"].get("KeyState", "")
            except client.exceptions.NotFoundException:
                return ""

    def require_role(self, name: str) -> None:
        """Check that the app's role exists.

        Raises:
            AwsError: The role does not exist.
        """
        if not role_exists(self.session, name):
            raise AwsError(
                f"IAM role {name} does not exist in account {self.id}",
                "correct role in shield.toml, or create the role",
            )
