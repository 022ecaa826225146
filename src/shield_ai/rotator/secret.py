"""One secret in Secrets Manager: the calls that a rotation makes, and their errors without a value in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import AwsCallError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
# What is left needs no escaping in a URL, a shell, a .env file or SQL.
EXCLUDED = "!\"#$%&'()*+,-/:;<=>?@[\\]^`{|}~"
LENGTH = 32
MOST_VERSIONS = 20  # how many versions without a label are worth a login


@dataclass(frozen=True)
class State:
    """What DescribeSecret says."""

    arn: str
    rotation_enabled: bool
    stages: Mapping[str, Sequence[str]]

    def holder(self, stage: str) -> str | None:
        """Return the version that holds a stage."""
        return next((version for version, stages in self.stages.items() if stage in stages), None)


class Store:
    """A secret by name or ARN, through a client of boto3.

    Args:
        client: `boto3.client("secretsmanager")`.
        secret_id: Name or ARN.
        rotation_token: What Secrets Manager sends along when the function lives in another account.
    """

    def __init__(self, client: Any, secret_id: str, rotation_token: str | None = None) -> None:
        self._client = client
        self.secret_id = secret_id
        self._rotation_token = rotation_token

    def other(self, secret_id: str) -> Store:
        """Return another secret through the same client."""
        return Store(self._client, secret_id)

    def describe(self) -> State:
        """Read which version holds which stage."""
        answer = self._call("describe_secret", SecretId=self.secret_id)
        return State(
            answer["ARN"],
            bool(answer.get("RotationEnabled")),
            answer.get("VersionIdsToStages") or {},
        )

    def value(self, version: str | None = None, stage: str | None = None) -> str | None:
        """Read a value; None where there is no such version, or none with a value, or one that is no text."""
        which = {"VersionId": version, "VersionStage": stage}
        try:
            answer = self._call(
                "get_secret_value",
                SecretId=self.secret_id,
                **{name: text for name, text in which.items() if text},
            )
        except AwsCallError as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise
        value: str | None = answer.get("SecretString")
        return value

    def unlabelled(self) -> list[str]:
        """List the newest versions without a stage: what rotations left that were dropped half-way."""
        versions: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            answer = self._call(
                "list_secret_version_ids", SecretId=self.secret_id, IncludeDeprecated=True, **more
            )
            versions += [
                version for version in answer["Versions"] if not version.get("VersionStages")
            ]
            if not answer.get("NextToken"):
                break
            more = {"NextToken": answer["NextToken"]}
        # Where dates are equal, the later one in AWS's own order counts as the newer.
        order = sorted(
            range(len(versions)),
            key=lambda place: (versions[place]["CreatedDate"], place),
            reverse=True,
        )
        return [versions[place]["VersionId"] for place in order][:MOST_VERSIONS]

    def random_password(self, length: int = LENGTH, exclude: str = EXCLUDED) -> str:
        """Let AWS make a password."""
        answer = self._call("get_random_password", PasswordLength=length, ExcludeCharacters=exclude)
        password: str = answer["RandomPassword"]
        return password

    def put_pending(self, token: str, value: str) -> None:
        """Write the new version; leave it as it is when somebody was faster with the same token."""
        more = {"RotationToken": self._rotation_token} if self._rotation_token else {}
        try:
            self._call(
                "put_secret_value",
                SecretId=self.secret_id,
                ClientRequestToken=token,
                SecretString=value,
                VersionStages=[PENDING],
                **more,
            )
        except AwsCallError as error:
            if error.code != "ResourceExistsException":
                raise

    def make_current(self, token: str, instead_of: str) -> None:
        """Move AWSCURRENT; AWS refuses when the version that we think holds it no longer does."""
        self._call(
            "update_secret_version_stage",
            SecretId=self.secret_id,
            VersionStage=CURRENT,
            MoveToVersionId=token,
            RemoveFromVersionId=instead_of,
        )

    def drop_pending(self, version: str) -> None:
        """Take AWSPENDING from a version: what it rotated to is void."""
        self._call(
            "update_secret_version_stage",
            SecretId=self.secret_id,
            VersionStage=PENDING,
            RemoveFromVersionId=version,
        )

    def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        # only where AWS is called
        from botocore.exceptions import BotoCoreError, ClientError

        operation = "".join(map(str.title, method.split("_")))
        try:
            answer: dict[str, Any] = getattr(self._client, method)(**arguments)
        except ClientError as error:
            raise AwsCallError(
                operation, error.response.get("Error", {}).get("Code", "unknown")
            ) from None
        except BotoCoreError as error:
            raise AwsCallError(operation, type(error).__name__) from None
        return answer


def connect() -> Any:
    """Make the client: few tries, short waits, since a Lambda has its own limit."""
    import boto3  # costs half a second
    from botocore.config import Config

    config = Config(
        connect_timeout=3, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 4}
    )
    return boto3.client("secretsmanager", config=config)
