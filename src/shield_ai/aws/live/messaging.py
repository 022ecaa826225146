"""SNS topics that people are told by, and the SQS queue of what could not be delivered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shield_ai.aws.live.session import Session, tag_list, translate_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

    from shield_ai.model.resource import Settings

# A subscription that nobody has confirmed has this instead of an ARN, and can't be taken back.
_PENDING = "PendingConfirmation"
_NO_QUEUE = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}


class Topic:
    """A topic: `policy`, `emails` (subscribers, who confirm by themselves) and `tags`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: SNSClient = session.sns()

    def read(self, name: str) -> Settings | None:
        """Return who may publish and who is told."""
        arn = self._arn(name)
        with translate_errors("sns:GetTopicAttributes", name):
            try:
                attributes = self._client.get_topic_attributes(TopicArn=arn)["Attributes"]
            except self._client.exceptions.NotFoundException:
                return None
        with translate_errors("sns:ListTagsForResource", name):
            tags = self._client.list_tags_for_resource(ResourceArn=arn).get("Tags", [])
        return {
            "emails": sorted({email for email, _ in self._emails(arn)}),
            "policy": json.loads(attributes.get("Policy") or "{}"),
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create it or change what differs."""
        arn = self._arn(name)
        if live is None:
            with translate_errors("sns:CreateTopic", name):
                self._client.create_topic(Name=name, Tags=tag_list(settings["tags"]))
        with translate_errors("sns:SetTopicAttributes", name):
            policy = json.dumps(settings["policy"])
            self._client.set_topic_attributes(
                TopicArn=arn, AttributeName="Policy", AttributeValue=policy
            )
        for email in sorted(set(settings["emails"]) - set(live["emails"] if live else [])):
            with translate_errors("sns:Subscribe", name):
                self._client.subscribe(TopicArn=arn, Protocol="email", Endpoint=email)
        for email, subscription in [*self._emails(arn)]:
            if email not in settings["emails"] and subscription != _PENDING:
                with translate_errors("sns:Unsubscribe", name):
                    self._client.unsubscribe(SubscriptionArn=subscription)
        if live is not None and live["tags"] != settings["tags"]:
            self._tag(arn, name, settings["tags"], live["tags"])

    def delete(self, name: str) -> None:
        """Delete it with its subscriptions; AWS says nothing where there is none."""
        with translate_errors("sns:DeleteTopic", name):
            try:
                self._client.delete_topic(TopicArn=self._arn(name))
            except self._client.exceptions.NotFoundException:
                return

    def _emails(self, arn: str) -> Iterator[tuple[str, str]]:
        with translate_errors("sns:ListSubscriptionsByTopic", arn.rpartition(":")[2]):
            for page in self._client.get_paginator("list_subscriptions_by_topic").paginate(
                TopicArn=arn
            ):
                for found in page["Subscriptions"]:
                    if found["Protocol"] == "email":
                        yield found["Endpoint"], found["SubscriptionArn"]

    def _tag(self, arn: str, name: str, wanted: dict[str, str], live: dict[str, str]) -> None:
        if gone := sorted(live.keys() - wanted.keys()):
            with translate_errors("sns:UntagResource", name):
                self._client.untag_resource(ResourceArn=arn, TagKeys=gone)
        with translate_errors("sns:TagResource", name):
            self._client.tag_resource(ResourceArn=arn, Tags=tag_list(wanted))

    def _arn(self, name: str) -> str:
        session = self._session
        return f"arn:{session.partition}:sns:{session.region}:{session.account()}:{name}"


class Queue:
    """A queue: `policy`, `retention` in seconds, and `tags`."""

    def __init__(self, session: Session) -> None:
        self._client: SQSClient = session.sqs()

    def read(self, name: str) -> Settings | None:
        """Return who may send and how long it keeps."""
        url = self._url(name)
        if url is None:
            return None
        with translate_errors("sqs:GetQueueAttributes", name):
            answer = self._client.get_queue_attributes(
                QueueUrl=url, AttributeNames=["Policy", "MessageRetentionPeriod"]
            )
        with translate_errors("sqs:ListQueueTags", name):
            tags = self._client.list_queue_tags(QueueUrl=url).get("Tags", {})
        attributes = answer.get("Attributes", {})
        policy = json.loads(attributes.get("Policy") or "{}")
        return {
            "policy": policy,
            "retention": int(attributes.get("MessageRetentionPeriod", 0)),
            "tags": tags,
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create it or change what differs."""
        retention, policy = str(settings["retention"]), json.dumps(settings["policy"])
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
        if gone := sorted(live["tags"].keys() - settings["tags"].keys()):
            with translate_errors("sqs:UntagQueue", name):
                self._client.untag_queue(QueueUrl=url, TagKeys=gone)
        if live["tags"] != settings["tags"]:
            with translate_errors("sqs:TagQueue", name):
                self._client.tag_queue(QueueUrl=url, Tags=settings["tags"])

    def delete(self, name: str) -> None:
        """Delete it, and what is in it."""
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
