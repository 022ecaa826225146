"""Read and write the SNS topics for notifications and the SQS queues for undelivered events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shield_ai.aws.live.responses import parse_document
from shield_ai.aws.live.session import (
    Session,
    removed_tags,
    tag_dict,
    tag_list,
    translate_errors,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

    from shield_ai.model.resource import Settings

# AWS returns this instead of the ARN of an unconfirmed subscription, which can't be deleted.
_PENDING_CONFIRMATION = "PendingConfirmation"
_NO_QUEUE = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}


class Topic:
    """A topic: `policy`, `emails` (the subscribers, who confirm themselves) and `tags`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: SNSClient = session.sns()

    def read(self, name: str) -> Settings | None:
        """Return the policy, the subscribers and the tags."""
        arn = self._arn(name)
        with translate_errors("sns:GetTopicAttributes", name):
            try:
                attributes = self._client.get_topic_attributes(TopicArn=arn)["Attributes"]
            except self._client.exceptions.NotFoundException:
                return None
        with translate_errors("sns:ListTagsForResource", name):
            tags = self._client.list_tags_for_resource(ResourceArn=arn).get("Tags", [])
        return {
            "emails": sorted({email for email, _ in self._subscriptions(name)}),
            "policy": parse_document(attributes.get("Policy") or "{}", "sns:GetTopicAttributes"),
            "tags": tag_dict(tags),
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create the topic, or change the settings that differ."""
        if live is None:
            with translate_errors("sns:CreateTopic", name):
                self._client.create_topic(Name=name, Tags=tag_list(settings["tags"]))
        with translate_errors("sns:SetTopicAttributes", name):
            self._client.set_topic_attributes(
                TopicArn=self._arn(name),
                AttributeName="Policy",
                AttributeValue=json.dumps(settings["policy"]),
            )
        self._update_subscriptions(name, settings["emails"], live["emails"] if live else [])
        if live is not None and live["tags"] != settings["tags"]:
            self._update_tags(name, settings["tags"], live["tags"])

    def _update_subscriptions(self, name: str, wanted: list[str], live: list[str]) -> None:
        for email in sorted(set(wanted) - set(live)):
            with translate_errors("sns:Subscribe", name):
                self._client.subscribe(TopicArn=self._arn(name), Protocol="email", Endpoint=email)
        for email, subscription_arn in list(self._subscriptions(name)):
            if email not in wanted and subscription_arn != _PENDING_CONFIRMATION:
                with translate_errors("sns:Unsubscribe", name):
                    self._client.unsubscribe(SubscriptionArn=subscription_arn)

    def delete(self, name: str) -> None:
        """Delete the topic and its subscriptions, if it exists."""
        with translate_errors("sns:DeleteTopic", name):
            try:
                self._client.delete_topic(TopicArn=self._arn(name))
            except self._client.exceptions.NotFoundException:
                return

    def _subscriptions(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield the address and the subscription's ARN of each email subscriber."""
        paginator = self._client.get_paginator("list_subscriptions_by_topic")
        with translate_errors("sns:ListSubscriptionsByTopic", name):
            for page in paginator.paginate(TopicArn=self._arn(name)):
                for subscription in page["Subscriptions"]:
                    if subscription["Protocol"] == "email":
                        yield subscription["Endpoint"], subscription["SubscriptionArn"]

    def _update_tags(self, name: str, wanted: dict[str, str], live: dict[str, str]) -> None:
        arn = self._arn(name)
        if removed := removed_tags(live, wanted):
            with translate_errors("sns:UntagResource", name):
                self._client.untag_resource(ResourceArn=arn, TagKeys=removed)
        with translate_errors("sns:TagResource", name):
            self._client.tag_resource(ResourceArn=arn, Tags=tag_list(wanted))

    def _arn(self, name: str) -> str:
        return self._session.arn("sns", name)


class Queue:
    """A queue: `policy`, `retention` in seconds, and `tags`."""

    def __init__(self, session: Session) -> None:
        self._client: SQSClient = session.sqs()

    def read(self, name: str) -> Settings | None:
        """Return the policy, the retention and the tags."""
        url = self._url(name)
        if url is None:
            return None
        with translate_errors("sqs:GetQueueAttributes", name):
            response = self._client.get_queue_attributes(
                QueueUrl=url, AttributeNames=["Policy", "MessageRetentionPeriod"]
            )
        with translate_errors("sqs:ListQueueTags", name):
            tags = self._client.list_queue_tags(QueueUrl=url).get("Tags", {})
        attributes = response.get("Attributes", {})
        return {
            "policy": parse_document(attributes.get("Policy") or "{}", "sqs:GetQueueAttributes"),
            "retention": int(attributes.get("MessageRetentionPeriod", 0)),
            "tags": tags,
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create the queue, or change the settings that differ."""
        retention = str(settings["retention"])
        policy = json.dumps(settings["policy"])
        if live is None:
            with translate_errors("sqs:CreateQueue", name):
                self._client.create_queue(
                    QueueName=name,
                    Attributes={"MessageRetentionPeriod": retention, "Policy": policy},
                    tags=settings["tags"],
                )
            return
        url = self._url(name) or ""
        with translate_errors("sqs:SetQueueAttributes", name):
            self._client.set_queue_attributes(
                QueueUrl=url, Attributes={"MessageRetentionPeriod": retention, "Policy": policy}
            )
        if removed := removed_tags(live["tags"], settings["tags"]):
            with translate_errors("sqs:UntagQueue", name):
                self._client.untag_queue(QueueUrl=url, TagKeys=removed)
        if live["tags"] != settings["tags"]:
            with translate_errors("sqs:TagQueue", name):
                self._client.tag_queue(QueueUrl=url, Tags=settings["tags"])

    def delete(self, name: str) -> None:
        """Delete the queue and its messages, if it exists."""
        url = self._url(name)
        if url is not None:
            with translate_errors("sqs:DeleteQueue", name):
                self._client.delete_queue(QueueUrl=url)

    def _url(self, name: str) -> str | None:
        with translate_errors("sqs:GetQueueUrl", name):
            try:
                return self._client.get_queue_url(QueueName=name)["QueueUrl"]
            except ClientError as error:
                if error.response["Error"]["Code"] in _NO_QUEUE:
                    return None
                raise
