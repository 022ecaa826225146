"""Read, change and export the EventBridge rules for events of secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.live.calls import removed_tags, tag_dict, tag_list, translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.live.responses import parse_document
from shield_ai.aws.syntax.awscli import command, compact_json, tag_list_json
from shield_ai.aws.syntax.terraform import Block, document_text, terraform_address
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_events import EventBridgeClient

    from shield_ai.aws.live.session import Session
    from shield_ai.aws.syntax.cloudformation import Part
    from shield_ai.model.resource import Settings

_TARGET_ID = "shield"


class EventRule(ResourceKind):
    """A rule with one target: `pattern`, `state`, `description`, `target` and `tags`.

    The target is a topic with a dead-letter queue and a message template. Other targets of the
    rule are ignored.
    """

    kind = "event-rule"
    max_name = 64
    arn = "arn:{partition}:events:{region}:{account}:rule/{name}"
    permissions = Permissions(
        read=("events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"),
        create=("events:PutRule", "events:PutTargets", "events:TagResource"),
        update=(
            "events:PutRule",
            "events:PutTargets",
            "events:TagResource",
            "events:UntagResource",
        ),
        delete=("events:DeleteRule", "events:RemoveTargets"),
    )

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: EventBridgeClient = session.eventbridge()

    def read(self, name: str) -> Settings | None:
        """Return the rule with its target."""
        with translate_errors("events:DescribeRule", name):
            try:
                rule = self._client.describe_rule(Name=name)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        with translate_errors("events:ListTargetsByRule", name):
            targets = self._client.list_targets_by_rule(Rule=name)["Targets"]
        with translate_errors("events:ListTagsForResource", name):
            tags = self._client.list_tags_for_resource(ResourceARN=self._arn(name)).get("Tags", [])
        return {
            "pattern": parse_document(rule.get("EventPattern", "{}"), "events:DescribeRule"),
            "state": rule.get("State", ""),
            "description": rule.get("Description", ""),
            "target": _target_settings(targets),
            "tags": tag_dict(tags),
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create the rule, or change the settings that differ."""
        with translate_errors("events:PutRule", name):
            self._client.put_rule(
                Name=name,
                EventPattern=json.dumps(settings["pattern"], separators=(",", ":")),
                State=settings["state"],
                Description=settings["description"],
                Tags=tag_list(settings["tags"]),  # AWS ignores tags for an existing rule
            )
        if live is not None and live["tags"] != settings["tags"]:
            self._update_tags(name, settings["tags"], live["tags"])
        self._put_target(name, settings["target"])

    def _put_target(self, name: str, target: Settings) -> None:
        with translate_errors("events:PutTargets", name):
            response = self._client.put_targets(Rule=name, Targets=[_target_entry(target)])
        if response["FailedEntryCount"]:
            raise AwsError(
                f"AWS refused the target of rule {name}", f"check that {target['arn']} exists"
            )

    def delete(self, name: str) -> None:
        """Delete the rule and its target, if it exists."""
        if self.read(name) is None:
            return
        with translate_errors("events:RemoveTargets", name):
            self._client.remove_targets(Rule=name, Ids=[_TARGET_ID])
        with translate_errors("events:DeleteRule", name):
            self._client.delete_rule(Name=name)

    def _update_tags(self, name: str, wanted: dict[str, str], live: dict[str, str]) -> None:
        if removed := removed_tags(live, wanted):
            with translate_errors("events:UntagResource", name):
                self._client.untag_resource(ResourceARN=self._arn(name), TagKeys=removed)
        with translate_errors("events:TagResource", name):
            self._client.tag_resource(ResourceARN=self._arn(name), Tags=tag_list(wanted))

    def _arn(self, name: str) -> str:
        return self._session.arn("events", f"rule/{name}")

    def import_ids(self, name: str, _settings: Settings, live: Settings) -> Iterator[str]:
        """Yield the name of the rule, and with it the ID of the target."""
        yield name
        yield f"{name}/{_TARGET_ID}" if live["target"] else ""

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        yield (
            "Events::Rule",
            {
                "Name": name,
                "Description": settings["description"],
                "EventPattern": settings["pattern"],
                "State": settings["state"],
                "Targets": [_target_entry(settings["target"])],
            },
        )

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        yield (
            "aws_cloudwatch_event_rule",
            {
                "name": name,
                "description": settings["description"],
                "event_pattern": document_text(settings["pattern"]),
                "state": settings["state"],
                "tags": settings["tags"],
            },
        )
        target = settings["target"]
        transformer = {"input_paths": target["paths"], "input_template": target["template"]}
        yield (
            "aws_cloudwatch_event_target",
            {
                "rule": name,
                "target_id": _TARGET_ID,
                "arn": target["arn"],
                "dead_letter_config": [{"arn": target["dead_letter"]}],
                "input_transformer": [transformer],
                "depends_on": [terraform_address("aws_cloudwatch_event_rule", name)],
            },
        )

    @staticmethod
    def to_awscli(name: str, settings: Settings) -> Iterator[str]:
        yield command(
            "events",
            "put-rule",
            name=name,
            event_pattern=compact_json(settings["pattern"]),
            state=settings["state"],
            description=settings["description"],
            tags=tag_list_json(settings),
        )
        targets = compact_json([_target_entry(settings["target"])])
        yield command("events", "put-targets", rule=name, targets=targets)


def _target_entry(target: Settings) -> Any:
    """Return the target in the form of the API, which CloudFormation shares."""
    return {
        "Id": _TARGET_ID,
        "Arn": target["arn"],
        "DeadLetterConfig": {"Arn": target["dead_letter"]},
        "InputTransformer": {
            "InputPathsMap": target["paths"],
            "InputTemplate": target["template"],
        },
    }


def _target_settings(targets: list[Any]) -> Settings:
    """Return the settings of shield's target, empty if the rule does not have it."""
    for target in targets:
        if target["Id"] == _TARGET_ID:
            transformer = target.get("InputTransformer") or {}
            return {
                "arn": target["Arn"],
                "dead_letter": target.get("DeadLetterConfig", {}).get("Arn", ""),
                "paths": transformer.get("InputPathsMap", {}),
                "template": transformer.get("InputTemplate", ""),
            }
    return {}
