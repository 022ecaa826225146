from __future__ import annotations

import http.client
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError
from werkzeug.test import Client

from shield_ai.sandbox.emulator.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from shield_ai.sandbox import LocalAws

SERVICES = {
    "sts": "get_caller_identity",
    "iam": "list_roles",
    "kms": "list_keys",
    "lambda": "list_functions",
    "logs": "describe_log_groups",
    "cloudwatch": "describe_alarms",
    "events": "list_rules",
    "sns": "list_topics",
    "cloudtrail": "list_trails",
}


@pytest.fixture
def client(aws: LocalAws) -> Iterator[SecretsManagerClient]:
    client = boto3.client("secretsmanager")
    yield client
    client.close()


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


@pytest.mark.parametrize("service", SERVICES)
def test_supported_services(aws: LocalAws, service: str) -> None:
    client = boto3.client(service)
    answer = getattr(client, SERVICES[service])()
    client.close()
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("service", "operation"), [("s3", "list_buckets"), ("dynamodb", "list_tables")]
)
def test_unsupported_services(aws: LocalAws, service: str, operation: str) -> None:
    client = boto3.client(service)
    with pytest.raises(
        ClientError, match=f"the AWS emulator has no {service}; it has cloudtrail, "
    ) as error:
        getattr(client, operation)()
    client.close()
    assert code_of(error) == "UnknownOperationException"


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        pytest.param(
            "secretsmanager",
            "validate_resource_policy",
            {"ResourcePolicy": "{}"},
            id="JSON protocol",
        ),
        pytest.param(
            "iam",
            "simulate_principal_policy",
            {
                "PolicySourceArn": "arn:aws:iam::123456789012:role/R",
                "ActionNames": ["sts:GetCallerIdentity"],
            },
            id="XML protocol",
        ),
    ],
)
def test_unsupported_operations(
    aws: LocalAws, service: str, operation: str, arguments: dict[str, object]
) -> None:
    client = boto3.client(service)
    with pytest.raises(ClientError, match=f"{operation} action has not been implemented") as error:
        getattr(client, operation)(**arguments)
    client.close()
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert error.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_unsigned_requests_are_passed_to_moto(aws: LocalAws) -> None:
    connection = http.client.HTTPConnection(aws.url.removeprefix("http://"), timeout=20)
    connection.request("POST", "/", "Action=AssumeRoleWithWebIdentity&Version=2011-06-15")
    assert connection.getresponse().status != 404
    connection.close()


def test_only_one_of_many_creations_succeeds(client: SecretsManagerClient) -> None:
    def create(value: str) -> str:
        try:
            return client.create_secret(Name="once", SecretString=value)["VersionId"]
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(create, map(str, range(24))))
    assert answers.count("ResourceExistsException") == 23


def test_calls_are_serialized() -> None:
    meeting = threading.Barrier(2)
    met: list[bool] = []

    def moto(environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        try:
            meeting.wait(timeout=0.2)
            met.append(True)
        except threading.BrokenBarrierError:
            met.append(False)
        start_response("200 OK", [])
        return [b"{}"]

    gateway = Gateway("K")
    gateway.moto = moto
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/secretsmanager/aws4_request, S=1",
        "X-Amz-Target": "secretsmanager.CreateSecret",
    }
    clients = [Client(gateway), Client(gateway)]
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda client: client.post("/", data='{"Name": "a"}', headers=headers).close(),
                clients,
            )
        )
    assert met == [False] * 2


class TestTokens:
    """Retries with the same token change nothing."""

    token = str(uuid.uuid4())

    def test_create_again_with_the_same_token_and_value(self, client: SecretsManagerClient) -> None:
        first = client.create_secret(Name="a", SecretString="1", ClientRequestToken=self.token)
        second = client.create_secret(Name="a", SecretString="1", ClientRequestToken=self.token)
        assert (second["ARN"], second["VersionId"]) == (first["ARN"], self.token)

    def test_put_again_with_the_same_token_and_value(self, client: SecretsManagerClient) -> None:
        client.create_secret(Name="a", SecretString="1")
        for _ in range(2):
            client.put_secret_value(SecretId="a", SecretString="2", ClientRequestToken=self.token)
        assert client.get_secret_value(SecretId="a")["VersionId"] == self.token
        assert (
            client.get_secret_value(SecretId="a", VersionStage="AWSPREVIOUS")["SecretString"] == "1"
        )

    def test_another_value_for_the_same_token_is_refused(
        self, client: SecretsManagerClient
    ) -> None:
        client.create_secret(Name="a", SecretString="1", ClientRequestToken=self.token)
        with pytest.raises(ClientError) as error:
            client.create_secret(Name="a", SecretString="2", ClientRequestToken=self.token)
        assert code_of(error) == "ResourceExistsException"
        with pytest.raises(ClientError) as error:
            client.put_secret_value(SecretId="a", SecretString="2", ClientRequestToken=self.token)
        assert code_of(error) == "ResourceExistsException"


class TestStages:
    def test_move_together(self, client: SecretsManagerClient) -> None:
        old = client.create_secret(Name="a", SecretString="1")["VersionId"]
        new = client.put_secret_value(SecretId="a", SecretString="2", VersionStages=["AWSPENDING"])[
            "VersionId"
        ]
        with pytest.raises(ClientError) as error:
            client.update_secret_version_stage(
                SecretId="a", VersionStage="AWSCURRENT", MoveToVersionId=new
            )
        assert code_of(error) == "InvalidParameterException"

        client.update_secret_version_stage(
            SecretId="a", VersionStage="AWSCURRENT", MoveToVersionId=new, RemoveFromVersionId=old
        )
        stages = client.describe_secret(SecretId="a")["VersionIdsToStages"]
        assert {version: sorted(labels) for version, labels in stages.items()} == {
            old: ["AWSPREVIOUS"],
            new: ["AWSCURRENT", "AWSPENDING"],
        }

    def test_a_version_without_one_is_deprecated(self, client: SecretsManagerClient) -> None:
        made = client.create_secret(Name="a", SecretString="0")
        for value in "12":
            client.put_secret_value(SecretId="a", SecretString=value)
        listed = client.list_secret_version_ids(SecretId="a")
        assert listed["ARN"] == made["ARN"]
        assert len(listed["Versions"]) == 2
        assert (
            len(client.list_secret_version_ids(SecretId="a", IncludeDeprecated=True)["Versions"])
            == 3
        )
        assert made["VersionId"] not in client.describe_secret(SecretId="a")["VersionIdsToStages"]
        assert (
            client.get_secret_value(SecretId="a", VersionId=made["VersionId"])["SecretString"]
            == "0"
        )


class TestDeletion:
    @pytest.fixture(autouse=True)
    def deleted(self, client: SecretsManagerClient) -> None:
        client.create_secret(Name="a", SecretString="1", Tags=[{"Key": "k", "Value": "v"}])
        client.delete_secret(SecretId="a", RecoveryWindowInDays=7)

    def test_describe_still_shows_it(self, client: SecretsManagerClient) -> None:
        assert client.describe_secret(SecretId="a")["DeletedDate"]

    @pytest.mark.parametrize(
        ("operation", "arguments"),
        [
            ("get_secret_value", {}),
            ("put_secret_value", {"SecretString": "2"}),
            ("update_secret", {"Description": "2"}),
            ("tag_resource", {"Tags": [{"Key": "a", "Value": "b"}]}),
            ("untag_resource", {"TagKeys": ["k"]}),
            ("delete_secret", {"RecoveryWindowInDays": 7}),
        ],
    )
    def test_everything_else_is_refused(
        self, client: SecretsManagerClient, operation: str, arguments: dict[str, object]
    ) -> None:
        with pytest.raises(ClientError) as error:
            getattr(client, operation)(SecretId="a", **arguments)
        assert code_of(error) == "InvalidRequestException"

    def test_its_name_is_taken(self, client: SecretsManagerClient) -> None:
        with pytest.raises(ClientError, match="already scheduled for deletion") as error:
            client.create_secret(Name="a", SecretString="2")
        assert code_of(error) == "InvalidRequestException"

    def test_restore_gives_all_of_it_back(self, client: SecretsManagerClient) -> None:
        client.restore_secret(SecretId="a")
        assert client.get_secret_value(SecretId="a")["SecretString"] == "1"
        secret = client.describe_secret(SecretId="a")
        assert secret["Tags"] == [{"Key": "k", "Value": "v"}]
        assert "DeletedDate" not in secret


def test_batch_reports_each_failure_by_itself(client: SecretsManagerClient) -> None:
    client.create_secret(Name="a", SecretString="1")
    client.create_secret(Name="gone", SecretString="1")
    client.delete_secret(SecretId="gone")
    answer = client.batch_get_secret_value(SecretIdList=["a", "gone", "never"])
    assert [value["Name"] for value in answer["SecretValues"]] == ["a"]
    assert {error["SecretId"]: error["ErrorCode"] for error in answer["Errors"]} == {
        "gone": "InvalidRequestException",
        "never": "ResourceNotFoundException",
    }


def test_tags_are_added_changed_and_removed(client: SecretsManagerClient) -> None:
    client.create_secret(Name="a", SecretString="1", Tags=[{"Key": "k", "Value": "old"}])
    client.tag_resource(
        SecretId="a", Tags=[{"Key": "k", "Value": "new"}, {"Key": "x", "Value": "y"}]
    )
    client.untag_resource(SecretId="a", TagKeys=["x"])
    assert client.describe_secret(SecretId="a")["Tags"] == [{"Key": "k", "Value": "new"}]


def test_the_current_value_is_that_of_the_stage(client: SecretsManagerClient) -> None:
    first = client.create_secret(Name="a", SecretString="1")["VersionId"]
    second = client.put_secret_value(SecretId="a", SecretString="2", VersionStages=["AWSPENDING"])[
        "VersionId"
    ]
    client.update_secret_version_stage(
        SecretId="a", VersionStage="AWSCURRENT", MoveToVersionId=second, RemoveFromVersionId=first
    )
    assert client.get_secret_value(SecretId="a")["SecretString"] == "2"
    assert client.get_secret_value(SecretId="a", VersionStage="AWSPREVIOUS")["SecretString"] == "1"
    client.put_secret_value(SecretId="a", SecretString="3")
    assert client.get_secret_value(SecretId="a", VersionStage="AWSPREVIOUS")["SecretString"] == "2"
