"""The secrets themselves: what is there, create, restore, schedule for deletion."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from shield_ai.aws.session import Session, refused
from shield_ai.errors import AwsError
from shield_ai.model import Hidden, Live, SecretState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_secretsmanager import SecretsManagerClient

DEFAULT_KEY = "aws/secretsmanager"
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html: 7 to 30 days, 30 by default
RECOVERY_DAYS = 30
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
MAX_BYTES = 65_536
_PARALLEL = 8
T = TypeVar("T")


class SecretsManager:
    """Secrets Manager in one account and region. Every method raises AwsError when AWS refuses."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: SecretsManagerClient = session.secretsmanager()

    def live(self, names: Iterable[str]) -> Live:
        """Look at the secrets with these names: what is there, without their values."""
        account = self._session.account()
        wanted = sorted(set(names))
        with ThreadPoolExecutor(_PARALLEL) as pool:
            states = dict(zip(wanted, pool.map(self.state, wanted), strict=True))
        secrets = {name: state for name, state in states.items() if state}
        return Live(account=account, region=self._session.region, secrets=secrets)

    def state(self, name: str) -> SecretState | None:
        """Look at one secret; None where there is none."""
        with refused("secretsmanager:DescribeSecret", name):
            try:
                answer = self._client.describe_secret(SecretId=name)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        return SecretState(
            arn=answer["ARN"],
            tags={tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])},
            deleted=bool(answer.get("DeletedDate")),
            versions={v: tuple(stages) for v, stages in answer.get("VersionIdsToStages", {}).items()},
        )

    def create(
        self, name: str, value: Hidden, *, token: str, description: str, kms_key: str, tags: dict[str, str]
    ) -> str:
        """Create a secret, once however often this is called with the same token, and return its ARN."""
        key = {} if kms_key in {"", DEFAULT_KEY} else {"KmsKeyId": kms_key}
        with refused("secretsmanager:CreateSecret", name):
            answer = self._client.create_secret(
                Name=name,
                ClientRequestToken=token,
                SecretString=_fitting(name, value).reveal(),
                Description=description,
                Tags=[{"Key": k, "Value": v} for k, v in sorted(tags.items())],
                **key,  # type: ignore[arg-type]  # the stubs take no part of the arguments as a mapping
            )
        return answer["ARN"]

    def restore(self, name: str, value: Hidden, *, token: str) -> str:
        """Cancel a scheduled deletion, make this the current value, and return the secret's ARN."""
        _fitting(name, value)
        with refused("secretsmanager:RestoreSecret", name):
            self._client.restore_secret(SecretId=name)
        with refused("secretsmanager:PutSecretValue", name):
            answer = self._client.put_secret_value(
                SecretId=name, ClientRequestToken=token, SecretString=value.reveal(), VersionStages=["AWSCURRENT"]
            )
        return answer["ARN"]

    def delete(self, name: str) -> None:
        """Schedule a secret for deletion; until then `restore` brings it back."""
        with refused("secretsmanager:DeleteSecret", name):
            self._client.delete_secret(SecretId=name, RecoveryWindowInDays=RECOVERY_DAYS)

    def read(self, name: str) -> Hidden:
        """Read the current value."""
        with refused("secretsmanager:GetSecretValue", name):
            return Hidden(self._client.get_secret_value(SecretId=name).get("SecretString", ""))


def _fitting(name: str, value: Hidden) -> Hidden:
    if len(value.reveal().encode()) > MAX_BYTES:
        raise AwsError(
            f"{name} is larger than 65,536 bytes, AWS's limit for a secret", "store it elsewhere, for example in S3"
        )
    return value
