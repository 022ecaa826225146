"""Read, change and export the SNS topics for notifications."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.aws.live.calls import removed_tags, tag_dict, tag_list, translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.live.responses import parse_document
from shield_ai.aws.syntax.awscli import command, compact_json, tag_list_json
from shield_ai.aws.syntax.cloudformation import Part, ref, tag_entries
from shield_ai.aws.syntax.terraform import Block, document_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sns import SNSClient

    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import Settings

# AWS returns this instead of the ARN of an unconfirmed subscription, which can't be deleted.
_PENDING_CONFIRMATION = "PendingConfirmation"
# AWS lists a subscription with this for some days after the subscriber ended it.
_DELETED = "Deleted"


class Topic(ResourceKind):
    """A topic: `policy`, `emails` and `tags`.

    Each subscriber must confirm the subscription by email.
    """

    kind = "topic"
    max_name = 256
    arn = "arn:{partition}:sns:{region}:{account}:{name}"
    permissions = Permissions(
        read=("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"),
        create=("sns:CreateTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource"),
        update=(
            "sns:SetTopicAttributes",
            "sns:Subscribe",
            "sns:TagResource",
            "sns:Unsubscribe",
            "sns:UntagResource",
        ),
        delete=("sns:DeleteTopic",),
    )

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
        """Create the topic, or update its policy, and the emails and tags that differ."""
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
                    arn = subscription["SubscriptionArn"]
                    if subscription["Protocol"] == "email" and arn != _DELETED:
                        yield subscription["Endpoint"], arn

    def _update_tags(self, name: str, wanted: dict[str, str], live: dict[str, str]) -> None:
        arn = self._arn(name)
        if removed := removed_tags(live, wanted):
            with translate_errors("sns:UntagResource", name):
                self._client.untag_resource(ResourceArn=arn, TagKeys=removed)
        with translate_errors("sns:TagResource", name):
            self._client.tag_resource(ResourceArn=arn, Tags=tag_list(wanted))

    def _arn(self, name: str) -> str:
        return self._session.arn("sns", name)

    def import_ids(self, name: str, settings: Settings, _live: Settings) -> Iterator[str]:
        """Yield the ARN of the topic, then one for each email; "" if it is not confirmed."""
        yield self._arn(name)
        subscriptions = dict(self._subscriptions(name))
        for email in settings["emails"]:
            arn = subscriptions.get(email, "")
            yield "" if arn == _PENDING_CONFIRMATION else arn

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        subscriptions = [{"Protocol": "email", "Endpoint": email} for email in settings["emails"]]
        yield (
            "SNS::Topic",
            {"TopicName": name, "Subscription": subscriptions, "Tags": tag_entries(settings)},
        )
        yield (
            "SNS::TopicPolicy",
            {"Topics": [ref(f"Topic {name}")], "PolicyDocument": settings["policy"]},
        )

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        policy = settings["policy"]
        yield (
            "aws_sns_topic",
            {"name": name, "policy": document_text(policy), "tags": settings["tags"]},
        )
        topic_arn = policy["Statement"][0]["Resource"]
        for email in settings["emails"]:
            yield (
                "aws_sns_topic_subscription",
                {"topic_arn": topic_arn, "protocol": "email", "endpoint": email},
            )

    @staticmethod
    def to_awscli(name: str, settings: Settings) -> Iterator[str]:
        policy = settings["policy"]
        topic_arn = policy["Statement"][0]["Resource"]
        yield command("sns", "create-topic", name=name, tags=tag_list_json(settings))
        yield command(
            "sns",
            "set-topic-attributes",
            topic_arn=topic_arn,
            attribute_name="Policy",
            attribute_value=compact_json(policy),
        )
        for email in settings["emails"]:
            yield command(
                "sns",
                "subscribe",
                topic_arn=topic_arn,
                protocol="email",
                notification_endpoint=email,
            )
