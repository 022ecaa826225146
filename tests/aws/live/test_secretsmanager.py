from __future__ import annotations

import boto3
import pytest
from apply_helpers import account

from shield_ai.model.errors import AwsError, AwsNotFoundError


@pytest.fixture
def client(aws):
    return boto3.client("secretsmanager")


def test_reads_text_and_binary_values(client):
    client.create_secret(Name="text", SecretString="é")
    client.create_secret(Name="utf-8", SecretBinary="é".encode())
    client.create_secret(Name="binary", SecretBinary=b"\xff")
    values = account().secrets.read_many(["text", "utf-8", "binary"])
    revealed = {name: value.reveal() for name, value in values.items()}
    assert revealed == {"text": "é", "utf-8": "é", "binary": "\udcff"}
    assert account().secrets.read("binary").reveal() == "\udcff"


@pytest.mark.parametrize("deleted", [True, False])
def test_a_missing_or_deleted_secret_is_not_found(client, deleted):
    if deleted:
        client.create_secret(Name="gone", SecretString="x")
        client.delete_secret(SecretId="gone", RecoveryWindowInDays=7)
    with pytest.raises(AwsNotFoundError):
        account().secrets.read("gone")
    assert isinstance(account().secrets.read_many(["gone"])["gone"], AwsNotFoundError)


def test_binary_data_is_not_stored_as_text(client):
    client.create_secret(Name="binary", SecretBinary=b"\xff")
    value = account().secrets.read("binary")
    with pytest.raises(AwsError, match="the value of copy is not UTF-8 text"):
        account().secrets.put_value("copy", value, token="0" * 32)
