from __future__ import annotations

import json
import secrets

import boto3
import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def client(aws):
    client = boto3.client("secretsmanager")
    yield client
    client.close()


def events(**arguments):
    client = boto3.client("cloudtrail")
    found = client.lookup_events(**arguments)["Events"]
    client.close()
    return [json.loads(event["CloudTrailEvent"]) for event in found]


def test_records_calls_without_values(client):
    value = secrets.token_hex(12)
    made = client.create_secret(Name="a", SecretString=value)
    client.get_secret_value(SecretId="a")
    with pytest.raises(ClientError):
        client.get_secret_value(SecretId="nobody")
    missing, read, create = events()
    assert (create["eventName"], create["requestParameters"]["name"]) == ("CreateSecret", "a")
    assert create["responseElements"] == {"arn": made["ARN"]}
    assert (read["eventName"], read["requestParameters"]) == ("GetSecretValue", {"secretId": "a"})
    assert missing["errorCode"] == "ResourceNotFoundException"
    assert value not in json.dumps([missing, read, create])


def test_batch_is_recorded_as_reads(client):
    client.create_secret(Name="a", SecretString="v")
    client.batch_get_secret_value(SecretIdList=["a"])
    read, batch, _ = events()
    assert (read["eventName"], read["requestParameters"]) == ("GetSecretValue", {"secretId": "a"})
    assert batch["eventName"] == "BatchGetSecretValue"


def test_records_an_assumed_role(client):
    sts = boto3.client("sts")
    arn = "arn:aws:iam::123456789012:role/Shop"
    key = sts.assume_role(RoleArn=arn, RoleSessionName="i-0abc")["Credentials"]
    sts.close()
    own = boto3.client(
        "secretsmanager",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
    )
    own.list_secrets()
    own.close()
    client.list_secrets()
    user, role = (event["userIdentity"] for event in events())
    assert (user["type"], user["userName"]) == ("IAMUser", "moto")
    assert (role["type"], role["sessionContext"]["sessionIssuer"]["userName"]) == (
        "AssumedRole",
        "Shop",
    )


def test_filters_and_pages(client):
    for _ in range(60):
        client.list_secrets()
    names = [{"AttributeKey": "EventName", "AttributeValue": "DescribeSecret"}]
    sources = [{"AttributeKey": "EventSource", "AttributeValue": "s3.amazonaws.com"}]
    assert len(events()) == 50
    assert len(events(MaxResults=7)) == 7
    assert not events(LookupAttributes=names)
    assert not events(LookupAttributes=sources)
