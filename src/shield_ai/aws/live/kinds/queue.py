"""Read, change and export the SQS queues for undelivered events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shield_ai.aws.live.calls import removed_tags, translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.live.responses import parse_document
from shield_ai.aws.syntax.awscli import command, compact_json
from shield_ai.aws.syntax.cloudformation import Part, ref, tag_entries
from shield_ai.aws.syntax.terraform import Block, document_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sqs import SQSClient

    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import Settings

_NO_QUEUE = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}


class Queue(ResourceKind):
    """A queue: `policy`, `retention` in seconds, and `tags`."""

    kind = "queue"
    max_name = 80
    arn = "arn:{partition}:sqs:{region}:{account}:{name}"
    permissions = Permissions(
        read=("sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueueTags"),
        create=("sqs:CreateQueue", "sqs:TagQueue"),
        update=("sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"),
        delete=("sqs:DeleteQueue",),
    )

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

    def import_ids(self, name: str, _settings: Settings, _live: Settings) -> Iterator[str]:
        """Yield the URL."""
        yield self._url(name) or ""

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        yield (
            "SQS::Queue",
            {
                "QueueName": name,
                "MessageRetentionPeriod": settings["retention"],
                "Tags": tag_entries(settings),
            },
        )
        yield (
            "SQS::QueuePolicy",
            {"Queues": [ref(f"Queue {name}")], "PolicyDocument": settings["policy"]},
        )

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        yield (
            "aws_sqs_queue",
            {
                "name": name,
                "message_retention_seconds": settings["retention"],
                "policy": document_text(settings["policy"]),
                "tags": settings["tags"],
            },
        )

    @staticmethod
    def to_awscli(name: str, settings: Settings) -> Iterator[str]:
        attributes = {
            "MessageRetentionPeriod": str(settings["retention"]),
            "Policy": compact_json(settings["policy"]),
        }
        yield command(
            "sqs",
            "create-queue",
            queue_name=name,
            attributes=compact_json(attributes),
            tags=compact_json(settings["tags"]),
        )
