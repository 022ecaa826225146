"""The connection to AWS, and AWS's errors in words that say what to do."""

from __future__ import annotations

import contextlib
import copy
import os
import threading
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from shield_ai.model.errors import AwsDeniedError, AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_cloudtrail import CloudTrailClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 4},
    user_agent_extra=f"shield-ai/{version('shield-ai')}",
)
# LookupEvents takes two calls a second: it throttles whoever pages through a long history.
_PATIENT = _CONFIG.merge(Config(retries={"mode": "adaptive", "total_max_attempts": 10}))
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_CREDENTIALS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_KEY = {"EncryptionFailure", "DecryptionFailure", "KMSAccessDeniedException", "DisabledException"}
_REGION = {"OptInRequired", "AuthFailure", "InvalidSignatureRegion"}
_SLOW_DOWN = {
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
}


class Session:
    """The clients of one run, all in one region.

    Args:
        region: Where; None: as the environment and ~/.aws/config say.
        profile: Of ~/.aws/config; empty: as the environment says.
        assume: The ARN of a role to work as.
        read: Gives the bytes of a file of the app, for what is deployed with some.
    """

    def __init__(
        self,
        region: str | None,
        *,
        profile: str = "",
        assume: str = "",
        read: Callable[[str], bytes | None] = lambda _: None,
    ) -> None:
        self.read = read
        try:
            with translate_errors("the connection"):
                self._session = boto3.session.Session(
                    region_name=region, profile_name=profile or None
                )
        except ProfileNotFound:
            raise AwsError(
                f"there is no AWS profile {profile or os.environ.get('AWS_PROFILE', '')}",
                "aws configure list-profiles shows those that there are",
            ) from None
        if assume:
            self._session = _assumed(self._session, assume, region)
        self.region = region or self._session.region_name or ""
        # hears how far many calls are
        self.on_progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None
        self._caller: GetCallerIdentityResponseTypeDef | None = None
        self._clients: dict[str, object] = {}
        # boto3 makes clients in one thread at a time; using them is safe in many
        self._lock = threading.Lock()

    def as_role(self, arn: str) -> Session:
        """Return the same connection as another role.

        Raises:
            AwsError: The caller may not assume it, or it does not let itself be assumed.
        """
        made = copy.copy(self)
        # of our own class
        made._session = _assumed(self._session, arn, self.region)  # noqa: SLF001
        # as above
        made._caller, made._clients, made._lock = None, {}, threading.Lock()  # noqa: SLF001
        return made

    @property
    def partition(self) -> str:
        """The part of AWS that the region belongs to, as ARNs name it."""
        return self._session.get_partition_for_region(self.region)

    def secretsmanager(self) -> SecretsManagerClient:
        """Return the client of Secrets Manager."""
        return cast("SecretsManagerClient", self._client("secretsmanager"))

    def cloudtrail(self) -> CloudTrailClient:
        """Return the client of CloudTrail, which is patient."""
        return cast("CloudTrailClient", self._client("cloudtrail", _PATIENT))

    def kms(self) -> KMSClient:
        """Return the client of KMS."""
        return cast("KMSClient", self._client("kms"))

    def iam(self) -> IAMClient:
        """Return the client of IAM."""
        return cast("IAMClient", self._client("iam"))

    def lambda_client(self) -> Any:
        """Return the client of Lambda."""
        return self._client("lambda")

    def logs(self) -> Any:
        """Return the client of CloudWatch Logs."""
        return self._client("logs")

    def cloudwatch(self) -> CloudWatchClient:
        """Return the client of CloudWatch."""
        return cast("CloudWatchClient", self._client("cloudwatch"))

    def eventbridge(self) -> EventBridgeClient:
        """Return the client of EventBridge."""
        return cast("EventBridgeClient", self._client("events"))

    def sns(self) -> SNSClient:
        """Return the client of SNS."""
        return cast("SNSClient", self._client("sns"))

    def sqs(self) -> SQSClient:
        """Return the client of SQS."""
        return cast("SQSClient", self._client("sqs"))

    def account(self) -> str:
        """Return the id of the account that the credentials belong to.

        Raises:
            AwsError: There are no credentials, or AWS can't be reached.
        """
        return self._identity()["Account"]

    def is_role(self, name: str) -> bool:
        """Tell whether the credentials are those of a role."""
        return f":assumed-role/{name}/" in self._identity()["Arn"]

    def _identity(self) -> GetCallerIdentityResponseTypeDef:
        if not self._caller:
            with translate_errors("sts:GetCallerIdentity"):
                client: STSClient = cast("STSClient", self._client("sts"))
                self._caller = client.get_caller_identity()
        return self._caller

    def _client(self, service: str, config: Config = _CONFIG) -> object:
        with translate_errors("the connection"), self._lock:
            if service not in self._clients:
                # any of ours
                made = self._session.client(service, config=config)  # type: ignore[call-overload]
                self._clients[service] = made
            return self._clients[service]


def _assumed(session: boto3.session.Session, arn: str, region: str | None) -> boto3.session.Session:
    with translate_errors("sts:AssumeRole", arn):
        client: STSClient = session.client("sts", region_name=region, config=_CONFIG)
        keys = client.assume_role(RoleArn=arn, RoleSessionName="shield-ai")["Credentials"]
    return boto3.session.Session(
        region_name=region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def tag_list(tags: Mapping[str, str]) -> list[Any]:
    """Write tags as most services take them; each has a type of its own for the same thing."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


@contextlib.contextmanager
def translate_errors(permission: str, name: str = "") -> Iterator[None]:
    """Turn botocore's errors into `AwsError`: which call, on what, why, and what to do.

    The text of an error is passed on only where AWS says who may not do what; others could quote a parameter.

    Args:
        permission: The IAM permission of the call, for example `secretsmanager:CreateSecret`.
        name: What it was made on.
    """
    on = f" on {name}" if name else ""
    try:
        yield
    except ClientError as error:
        raise _answer(error, permission, on) from None
    except ProfileNotFound:
        raise
    except (NoCredentialsError, PartialCredentialsError):
        raise AwsError(
            "no AWS credentials",
            "set AWS_PROFILE or sign in with aws sso login; --only code works without AWS",
        ) from None
    except (EndpointConnectionError, ConnectTimeoutError, HTTPClientError):
        raise AwsError(
            f"AWS can't be reached for {permission}{on}",
            "check the network, the region and AWS_ENDPOINT_URL; run the same command again, nothing is done twice",
        ) from None
    except BotoCoreError as error:
        raise AwsError(
            f"{permission}{on} failed: {type(error).__name__}", "check the AWS configuration"
        ) from None


def _answer(error: ClientError, permission: str, on: str) -> AwsError:
    code = error.response.get("Error", {}).get("Code", "unknown")
    if code in _DENIED:
        line = f'{{"Effect": "Allow", "Action": "{permission}", "Resource": …}}'
        hint = f"the policy of the identity that runs shield lacks {line}; shield export --format operator-policy"
        return AwsDeniedError(f"AWS denied {permission}{on}", hint)
    if code in _KEY:
        hint = "is the KMS key enabled, and does its policy let you use it? kms_key in shield.toml names it"
        return AwsError(f"AWS can't use the KMS key for {permission}{on}: {code}", hint)
    if code in _REGION:
        return AwsError(
            f"AWS refused {permission}{on}: {code}",
            "is region in shield.toml the right one, and enabled?",
        )
    if code in _CREDENTIALS:
        return AwsError(
            f"AWS does not accept the credentials: {code}",
            "sign in again, then run the same command",
        )
    if code in _SLOW_DOWN:
        return AwsError(
            f"AWS throttled {permission}{on}", "run the same command again: nothing is done twice"
        )
    return AwsError(
        f"AWS refused {permission}{on}: {code}", "run the same command again: nothing is done twice"
    )
