"""Tests of the fault proxy."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from fault_proxy import FaultProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from shield_ai.sandbox import LocalAws


@pytest.fixture
def proxy(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[SecretsManagerClient]:
    config = Config(retries={"total_max_attempts": 1}, read_timeout=1)
    client = boto3.client("secretsmanager", config=config)
    yield client
    client.close()


@pytest.fixture
def direct(aws: LocalAws) -> Iterator[SecretsManagerClient]:
    client = boto3.client("secretsmanager", endpoint_url=aws.url)
    yield client
    client.close()


def names(client: SecretsManagerClient) -> list[str]:
    return [secret["Name"] for secret in client.list_secrets()["SecretList"]]


def test_forwards_and_records_calls(proxy: FaultProxy, client: SecretsManagerClient) -> None:
    value = secrets.token_hex()
    client.create_secret(Name="a", SecretString=value)
    client.create_secret(Name="b", SecretString=value)

    assert client.get_secret_value(SecretId="a")["SecretString"] == value
    assert [(call.operation, call.secret, call.number) for call in proxy.calls] == [
        ("CreateSecret", "a", 1),
        ("CreateSecret", "b", 2),
        ("GetSecretValue", "a", 1),
    ]
    assert (proxy.count("CreateSecret"), proxy.count(secret="a"), proxy.count()) == (2, 2, 3)
    assert value not in repr(proxy.calls)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDeniedException", 400),
        ("ThrottlingException", 400),
        ("ExpiredTokenException", 400),
        ("InternalServiceError", 500),
    ],
)
def test_responds_with_an_error_at_the_given_call(
    proxy: FaultProxy, client: SecretsManagerClient, code: str, status: int
) -> None:
    proxy.answer("CreateSecret", code, at=2)
    client.create_secret(Name="a", SecretString="x")

    with pytest.raises(ClientError) as error:
        client.create_secret(Name="b", SecretString="x")
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    client.create_secret(Name="b", SecretString="x")


def test_responds_with_an_error_to_every_call(
    proxy: FaultProxy, client: SecretsManagerClient
) -> None:
    proxy.answer("*", "AccessDeniedException", at=None)
    for call in (client.list_secrets, client.list_secrets, client.get_random_password):
        with pytest.raises(ClientError, match="AccessDenied"):
            call()


def test_supports_the_query_protocol(proxy: FaultProxy) -> None:
    proxy.answer("GetCallerIdentity", "ExpiredToken", at=1)
    client = boto3.client("sts", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError) as error:
        client.get_caller_identity()
    assert error.value.response["Error"]["Code"] == "ExpiredToken"
    assert client.get_caller_identity()["Account"] == "123456789012"
    client.close()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_resets_the_connection(
    proxy: FaultProxy, client: SecretsManagerClient, direct: SecretsManagerClient, *, after: bool
) -> None:
    proxy.cut("CreateSecret", after=after)
    with pytest.raises(ConnectionClosedError):
        client.create_secret(Name="a", SecretString="x")
    assert names(direct) == (["a"] if after else [])


def test_does_not_respond(
    proxy: FaultProxy, client: SecretsManagerClient, direct: SecretsManagerClient
) -> None:
    proxy.hang("CreateSecret")
    with pytest.raises(ReadTimeoutError):
        client.create_secret(Name="a", SecretString="x")
    assert names(direct) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_runs_a_hook(
    proxy: FaultProxy, client: SecretsManagerClient, direct: SecretsManagerClient, *, after: bool
) -> None:
    seen: list[list[str]] = []
    proxy.call("CreateSecret", lambda _call: seen.append(names(direct)), after=after)
    client.create_secret(Name="a", SecretString="x")
    assert seen == [["a"] if after else []]


def test_a_hook_can_drop_the_call(
    proxy: FaultProxy, client: SecretsManagerClient, direct: SecretsManagerClient
) -> None:
    called = threading.Event()
    proxy.call("CreateSecret", lambda _call: called.set(), drop=True)
    with pytest.raises(ConnectionClosedError):
        client.create_secret(Name="a", SecretString="x")
    assert called.is_set()
    assert names(direct) == []
