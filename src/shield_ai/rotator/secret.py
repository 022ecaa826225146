"""Secrets Manager calls of a rotation, with errors that never contain a value."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import AwsCallError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CURRENT = "AWSCURRENT"
PENDING = "AWSPENDING"
PREVIOUS = "AWSPREVIOUS"
# The allowed characters need no escaping in a URL, a shell, a .env file or SQL.
EXCLUDED = "!\"#$%&'()*+,-/:;<=>?@[\\]^`{|}~"
LENGTH = 32
MAX_PAGES = 100  # of a secret's versions; AWS keeps about 100 of them
MAX_UNLABELED_VERSIONS = 20  # limits the number of failed logins
SDK_LOGGERS = ("boto3", "botocore", "urllib3")

is_calling: ContextVar[bool] = ContextVar("shield_rotator_is_calling", default=False)


@dataclass(frozen=True)
class State:
    """The result of DescribeSecret."""

    arn: str
    rotation_enabled: bool
    stages: Mapping[str, Sequence[str]]  # version id -> its staging labels

    def version_with(self, stage: str) -> str | None:
        """Return the version with a staging label; None if no version has it."""
        for version, stages in self.stages.items():
            if stage in stages:
                return version
        return None


class Store:
    """A secret in Secrets Manager.

    Args:
        client: `boto3.client("secretsmanager")`.
        secret_id: Name or ARN.
        rotation_token: From the event; Secrets Manager requires it from functions in other
            accounts.
    """

    def __init__(self, client: Any, secret_id: str, rotation_token: str | None = None) -> None:
        self._client = client
        self.secret_id = secret_id
        self._rotation_token = rotation_token

    def with_secret(self, secret_id: str) -> Store:
        """Return another secret that uses the same client."""
        return Store(self._client, secret_id)

    def describe(self) -> State:
        """Return the versions and their staging labels."""
        response = self._call("describe_secret", SecretId=self.secret_id)
        return State(
            response["ARN"],
            bool(response.get("RotationEnabled")),
            response.get("VersionIdsToStages") or {},
        )

    def get_value(self, version: str | None = None, stage: str | None = None) -> str | None:
        """Return a value; None if the version does not exist or is not text."""
        arguments: dict[str, str] = {}
        if version:
            arguments["VersionId"] = version
        if stage:
            arguments["VersionStage"] = stage
        try:
            response = self._call("get_secret_value", SecretId=self.secret_id, **arguments)
        except AwsCallError as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise
        value: str | None = response.get("SecretString")
        return value

    def unlabeled_versions(self) -> list[str]:
        """Return the newest versions without a staging label, which canceled rotations leave."""
        versions: list[dict[str, Any]] = []
        page: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            response = self._call(
                "list_secret_version_ids", SecretId=self.secret_id, IncludeDeprecated=True, **page
            )
            versions += [v for v in response["Versions"] if not v.get("VersionStages")]
            if not response.get("NextToken"):
                break
            page = {"NextToken": response["NextToken"]}
        # among versions with the same date, the last one that AWS lists counts as the newest
        versions.reverse()
        versions.sort(key=lambda version: version["CreatedDate"], reverse=True)
        return [version["VersionId"] for version in versions[:MAX_UNLABELED_VERSIONS]]

    def random_password(self, length: int = LENGTH, exclude: str = EXCLUDED) -> str:
        """Return a password that AWS generates."""
        response = self._call(
            "get_random_password", PasswordLength=length, ExcludeCharacters=exclude
        )
        password: str = response["RandomPassword"]
        return password

    def put_pending(self, token: str, value: str) -> None:
        """Create the pending version; keep its value if it already exists."""
        arguments = {"RotationToken": self._rotation_token} if self._rotation_token else {}
        try:
            self._call(
                "put_secret_value",
                SecretId=self.secret_id,
                ClientRequestToken=token,
                SecretString=value,
                VersionStages=[PENDING],
                **arguments,
            )
        except AwsCallError as error:
            if error.code != "ResourceExistsException":
                raise

    def make_current(self, token: str, instead_of: str) -> None:
        """Move AWSCURRENT to a version. AWS rejects this if `instead_of` does not have it."""
        self._call(
            "update_secret_version_stage",
            SecretId=self.secret_id,
            VersionStage=CURRENT,
            MoveToVersionId=token,
            RemoveFromVersionId=instead_of,
        )

    def remove_pending_label(self, version: str) -> None:
        """Remove AWSPENDING from a version, which discards its value."""
        self._call(
            "update_secret_version_stage",
            SecretId=self.secret_id,
            VersionStage=PENDING,
            RemoveFromVersionId=version,
        )

    def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        operation = "".join(map(str.title, method.split("_")))
        _filter_sdk_loggers()
        token = is_calling.set(True)
        try:
            response: dict[str, Any] = getattr(self._client, method)(**arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise AwsCallError(operation, code) from None
        except BotoCoreError as error:
            raise AwsCallError(operation, type(error).__name__) from None
        finally:
            is_calling.reset(token)
        return response


def _outside_our_calls(_record: object) -> bool:
    """Drop the SDK's log records during our calls: at level DEBUG, they contain values."""
    return not is_calling.get()


def _filter_sdk_loggers() -> None:
    """Add the filter to every logger of the SDK. Each call can create new loggers."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in SDK_LOGGERS:
            logging.getLogger(name).addFilter(_outside_our_calls)


def create_client() -> Any:
    """Create a client with few retries and short timeouts, because Lambda's time is limited."""
    import boto3  # takes half a second
    from botocore.config import Config

    config = Config(
        connect_timeout=3, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 4}
    )
    return boto3.client("secretsmanager", config=config)
