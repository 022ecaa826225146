"""Read and change topics with subscriptions that the AWS emulator does not have."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from shield_ai.aws.live.kinds.topic import Topic
from shield_ai.aws.live.session import Session

ARN = "arn:aws:sns:us-east-1:123456789012:alarms"
SETTINGS = {"policy": {}, "emails": ["a@example.com"], "tags": {}}


class StubbedSession(Session):
    """A session with a client of SNS that expects calls."""

    def __init__(self, client):
        self._client = client

    def sns(self):
        return self._client

    def arn(self, service, resource):
        return ARN


@pytest.fixture
def sns():
    client = boto3.client("sns", "us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def list_subscriptions(sns, subscription_arn):
    subscription = {
        "Protocol": "email",
        "Endpoint": "a@example.com",
        "SubscriptionArn": subscription_arn,
    }
    response = {"Subscriptions": [subscription]}
    sns.add_response("list_subscriptions_by_topic", response, {"TopicArn": ARN})


def test_a_subscriber_who_unsubscribed_is_not_read(sns):
    sns.add_response("get_topic_attributes", {"Attributes": {"Policy": "{}"}})
    sns.add_response("list_tags_for_resource", {"Tags": []})
    list_subscriptions(sns, "Deleted")
    live = Topic(StubbedSession(sns.client)).read("alarms")
    assert live == {**SETTINGS, "emails": []}


@pytest.mark.parametrize("subscription_arn", ["Deleted", "PendingConfirmation"])
def test_a_subscription_without_an_arn_is_not_deleted(sns, subscription_arn):
    sns.add_response("set_topic_attributes", {})
    list_subscriptions(sns, subscription_arn)
    Topic(StubbedSession(sns.client)).upsert("alarms", {**SETTINGS, "emails": []}, SETTINGS)


@pytest.mark.parametrize(
    ("subscription_arn", "import_id"),
    [(f"{ARN}:1", f"{ARN}:1"), ("Deleted", ""), ("PendingConfirmation", "")],
)
def test_only_confirmed_subscriptions_have_an_import_id(sns, subscription_arn, import_id):
    list_subscriptions(sns, subscription_arn)
    ids = Topic(StubbedSession(sns.client)).import_ids("alarms", SETTINGS, SETTINGS)
    assert [*ids] == [ARN, import_id]
