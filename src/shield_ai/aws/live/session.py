"""Open sessions with AWS and create their clients."""

from __future__ import annotations

import functools
import os
import threading
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, cast

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config
from botocore.exceptions import ProfileNotFound

from shield_ai.aws.desired.iam import Location
from shield_ai.aws.live.calls import translate_errors
from shield_ai.aws.live.responses import check_responses, invalid_response
from shield_ai.model.errors import AwsError
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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

    from shield_ai.model.file_reader import FileReader

_TIMEOUTS = Config(
    connect_timeout=3,
    read_timeout=10,
    user_agent_extra=f"shield-ai/{version('shield-ai')}",
)
# Without a number of attempts here, AWS_MAX_ATTEMPTS and ~/.aws/config apply.
_STANDARD_RETRIES: Final = {"mode": "standard"}
# LookupEvents allows two calls per second, so reading a long history is throttled.
_ADAPTIVE_RETRIES: Final = {"mode": "adaptive", "total_max_attempts": 10}
_ACCOUNT_ID = regex(r"[0-9]{12}")


class Session:
    """The AWS clients of one run, all in one region.

    Args:
        region: The region; None uses AWS_REGION, AWS_DEFAULT_REGION or ~/.aws/config.
        profile: A profile in ~/.aws/config; "" uses the default credentials.
        assume: The ARN of a role to assume.
        read: Returns the content of a file of the app, for resources that include such files.
        on_progress: Called with a label, the number of finished calls and their total.
        boto_session: An open boto3 session to use instead of `profile`.
    """

    def __init__(
        self,
        region: str | None,
        *,
        profile: str = "",
        assume: str = "",
        read: FileReader = lambda _: None,
        on_progress: Callable[[str, int, int], None] = lambda _label, _done, _total: None,
        boto_session: boto3.session.Session | None = None,
    ) -> None:
        self.read = read
        self._session = boto_session or _open_session(region, profile)
        if assume:
            self._session = _assume_role(self._session, assume, region)
        self.region = region or self._session.region_name or ""
        self.on_progress: Final = on_progress
        self._caller: GetCallerIdentityResponseTypeDef | None = None
        self._clients: dict[str, object] = {}
        # Creating clients is not thread-safe in boto3; using them is.
        self._lock = threading.Lock()

    def as_role(self, arn: str) -> Session:
        """Return a session with the credentials of another role.

        Raises:
            AwsError: The caller is not allowed to assume the role.
        """
        boto_session = _assume_role(self._session, arn, self.region)
        return Session(
            self.region, read=self.read, on_progress=self.on_progress, boto_session=boto_session
        )

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in the session's account and region."""
        return Location(self.account(), self.region).arn(service, resource)

    def iam_arn(self, resource: str) -> str:
        """Return the ARN of an IAM resource, which has no region."""
        return Location(self.account(), self.region).iam_arn(resource)

    def client(self, service: str) -> Any:
        """Return the client of a service for which this class has no other method."""
        return self._client(service)

    def secretsmanager(self) -> SecretsManagerClient:
        """Return the Secrets Manager client."""
        return cast("SecretsManagerClient", self._client("secretsmanager"))

    def cloudtrail(self) -> CloudTrailClient:
        """Return the CloudTrail client, which retries throttled calls more often."""
        return cast("CloudTrailClient", self._client("cloudtrail", _ADAPTIVE_RETRIES))

    def kms(self) -> KMSClient:
        """Return the KMS client."""
        return cast("KMSClient", self._client("kms"))

    def iam(self) -> IAMClient:
        """Return the IAM client."""
        return cast("IAMClient", self._client("iam"))

    def cloudwatch(self) -> CloudWatchClient:
        """Return the CloudWatch client."""
        return cast("CloudWatchClient", self._client("cloudwatch"))

    def eventbridge(self) -> EventBridgeClient:
        """Return the EventBridge client."""
        return cast("EventBridgeClient", self._client("events"))

    def sns(self) -> SNSClient:
        """Return the SNS client."""
        return cast("SNSClient", self._client("sns"))

    def sqs(self) -> SQSClient:
        """Return the SQS client."""
        return cast("SQSClient", self._client("sqs"))

    def account(self) -> str:
        """Return the ID of the account that the credentials belong to.

        Raises:
            AwsError: There are no credentials, or AWS can't be reached.
        """
        return self._identity()["Account"]

    def is_role(self, name: str) -> bool:
        """Return whether the credentials belong to a session of a role."""
        return f":assumed-role/{name}/" in self._identity()["Arn"]

    def _identity(self) -> GetCallerIdentityResponseTypeDef:
        if not self._caller:
            with translate_errors("sts:GetCallerIdentity"):
                client: STSClient = cast("STSClient", self._client("sts"))
                caller = client.get_caller_identity()
            if not _ACCOUNT_ID.fullmatch(caller["Account"]):
                raise invalid_response("sts:GetCallerIdentity")
            self._caller = caller
        return self._caller

    def _client(self, service: str, retries: Mapping[str, Any] = _STANDARD_RETRIES) -> object:
        boto_session: Any = self._session  # the stubs have an overload for each service name
        with translate_errors("the connection"), self._lock:
            if service not in self._clients:
                client = boto_session.client(service, config=_config(retries))
                check_responses(client)
                # botocore creates the exception classes on first use, without a lock: with two
                # threads, the class in an except clause could differ from that of the error.
                _ = client.exceptions
                self._clients[service] = client
            return self._clients[service]


def _config(retries: Mapping[str, Any] = _STANDARD_RETRIES) -> Config:
    own_retries: Any = dict(retries)  # botocore changes it
    return _TIMEOUTS.merge(Config(retries=own_retries))


def _open_session(region: str | None, profile: str) -> boto3.session.Session:
    try:
        with translate_errors("the connection"):
            # boto3 does not read AWS_REGION, which the other SDKs of AWS and the runtime prefer.
            region = region or os.environ.get("AWS_REGION") or None
            return _boto_session(profile, region_name=region)
    except ProfileNotFound as error:
        raise AwsError(
            f"AWS profile {error.kwargs['profile']} not found",
            "run aws configure list-profiles to list the profiles",
        ) from None


def _boto_session(profile: str = "", **options: str | None) -> boto3.session.Session:
    """Return a session that shares the loaded service models with other sessions.

    Args:
        profile: A profile in ~/.aws/config; "" uses the default credentials.
        options: The arguments of boto3's session.
    """
    core = botocore.session.get_session()
    if profile:
        core.set_config_variable("profile", profile)
    core.register_component("data_loader", _service_models(core.get_config_variable("data_path")))
    return boto3.session.Session(botocore_session=core, **options)


@functools.cache
def _service_models(folder: str | None) -> botocore.loaders.Loader:
    return botocore.loaders.create_loader(folder)


def _assume_role(
    session: boto3.session.Session, arn: str, region: str | None
) -> boto3.session.Session:
    with translate_errors("sts:AssumeRole", arn):
        client: STSClient = session.client("sts", region_name=region, config=_config())
        check_responses(client)
        response = client.assume_role(RoleArn=arn, RoleSessionName="shield-ai")
    credentials = response["Credentials"]
    return _boto_session(
        region_name=region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
