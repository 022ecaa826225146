"""Read, change and export the log groups of the Lambda functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.live.calls import removed_tags, translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.syntax.awscli import UNSUPPORTED
from shield_ai.aws.syntax.cloudformation import Part, tag_entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.aws.live.session import Session
    from shield_ai.aws.syntax.terraform import Block
    from shield_ai.model.resource import Settings


class LogGroup(ResourceKind):
    """A log group: its retention in `days`, and `tags`."""

    kind = "log-group"
    max_name = 512
    arn = "arn:{partition}:logs:{region}:{account}:log-group:{name}"
    permissions = Permissions(
        read=("logs:DescribeLogGroups", "logs:ListTagsForResource"),
        create=("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource"),
        update=("logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"),
        delete=("logs:DeleteLogGroup",),
    )

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = session.client("logs")

    def read(self, name: str) -> Settings | None:
        """Return the retention and the tags."""
        with translate_errors("logs:DescribeLogGroups", name):
            groups = self._client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        for group in groups:
            if group["logGroupName"] == name:
                return {"days": group.get("retentionInDays", 0), "tags": self._read_tags(name)}
        return None

    def _read_tags(self, name: str) -> dict[str, str]:
        with translate_errors("logs:ListTagsForResource", name):
            response = self._client.list_tags_for_resource(resourceArn=self._arn(name))
        tags: dict[str, str] = response.get("tags", {})
        return tags

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create the log group, set its retention, and update tags that differ.

        It must exist before the function, which would create it without a retention.
        """
        is_new = live is None and self._create(name, settings)
        with translate_errors("logs:PutRetentionPolicy", name):
            self._client.put_retention_policy(logGroupName=name, retentionInDays=settings["days"])
        live_tags = live["tags"] if live is not None else {}
        if not is_new and live_tags != settings["tags"]:
            self._update_tags(name, settings["tags"], live_tags)

    def _create(self, name: str, settings: Settings) -> bool:
        """Create the log group; return False if it exists, such as after a lost response."""
        with translate_errors("logs:CreateLogGroup", name):
            try:
                self._client.create_log_group(logGroupName=name, tags=settings["tags"])
            except self._client.exceptions.ResourceAlreadyExistsException:
                return False
        return True

    def _update_tags(self, name: str, wanted: dict[str, str], live: dict[str, str]) -> None:
        if removed := removed_tags(live, wanted):
            with translate_errors("logs:UntagResource", name):
                self._client.untag_resource(resourceArn=self._arn(name), tagKeys=removed)
        with translate_errors("logs:TagResource", name):
            self._client.tag_resource(resourceArn=self._arn(name), tags=wanted)

    def delete(self, name: str) -> None:
        """Delete the log group with its content, if it exists."""
        with translate_errors("logs:DeleteLogGroup", name):
            try:
                self._client.delete_log_group(logGroupName=name)
            except self._client.exceptions.ResourceNotFoundException:
                return

    def _arn(self, name: str) -> str:
        return self._session.arn("logs", f"log-group:{name}")

    def import_ids(self, name: str, _settings: Settings, _live: Settings) -> Iterator[str]:
        """Yield the name."""
        yield name

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        yield (
            "Logs::LogGroup",
            {
                "LogGroupName": name,
                "RetentionInDays": settings["days"],
                "Tags": tag_entries(settings),
            },
        )

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        yield (
            "aws_cloudwatch_log_group",
            {"name": name, "retention_in_days": settings["days"], "tags": settings["tags"]},
        )

    @staticmethod
    def to_awscli(_name: str, _settings: Settings) -> Iterator[str]:
        yield UNSUPPORTED
