"""EventBridge: a rule on the default bus, with one target."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.aws.live.session import Session, tag_list, translate_errors
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

    from shield_ai.model.resource import Settings

_TARGET = "shield"


class EventRule:
    """A rule: `pattern`, `state`, `description`, `target` (a topic, its dead-letter queue, the words) and `tags`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: EventBridgeClient = session.eventbridge()

    def read(self, name: str) -> Settings | None:
        """Return the rule and our target of it."""
        with translate_errors("events:DescribeRule", name):
            try:
                rule = self._client.describe_rule(Name=name)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        with translate_errors("events:ListTargetsByRule", name):
            targets = self._client.list_targets_by_rule(Rule=name)["Targets"]
        with translate_errors("events:ListTagsForResource", name):
            tags = self._client.list_tags_for_resource(ResourceARN=self._arn(name)).get("Tags", [])
        target = next((target for target in targets if target["Id"] == _TARGET), None)
        words = target.get("InputTransformer") if target else None
        return {
            "pattern": json.loads(rule.get("EventPattern", "{}")),
            "state": rule.get("State", ""),
            "description": rule.get("Description", ""),
            "target": {
                "arn": target["Arn"],
                "dead_letter": target.get("DeadLetterConfig", {}).get("Arn", ""),
                "paths": words.get("InputPathsMap", {}) if words else {},
                "template": words["InputTemplate"] if words else "",
            }
            if target
            else {},
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create it or change what differs."""
        with translate_errors("events:PutRule", name):
            self._client.put_rule(
                Name=name,
                EventPattern=json.dumps(settings["pattern"], separators=(",", ":")),
                State=settings["state"],
                Description=settings["description"],
                Tags=tag_list(settings["tags"]),  # AWS takes them for a new rule alone
            )
        if live is not None and live["tags"] != settings["tags"]:
            self._tag(name, settings["tags"], live["tags"])
        target = settings["target"]
        with translate_errors("events:PutTargets", name):
            answer = self._client.put_targets(
                Rule=name,
                Targets=[
                    {
                        "Id": _TARGET,
                        "Arn": target["arn"],
                        "DeadLetterConfig": {"Arn": target["dead_letter"]},
                        "InputTransformer": {
                            "InputPathsMap": target["paths"],
                            "InputTemplate": target["template"],
                        },
                    }
                ],
            )
        if answer["FailedEntryCount"]:
            raise AwsError(
                f"AWS refused the target of rule {name}", f"check that {target['arn']} is there"
            )

    def delete(self, name: str) -> None:
        """Delete it, its target first."""
        if self.read(name) is None:
            return
        with translate_errors("events:RemoveTargets", name):
            self._client.remove_targets(Rule=name, Ids=[_TARGET])
        with translate_errors("events:DeleteRule", name):
            self._client.delete_rule(Name=name)

    def _tag(self, name: str, wanted: dict[str, str], live: dict[str, str]) -> None:
        if gone := sorted(live.keys() - wanted.keys()):
            with translate_errors("events:UntagResource", name):
                self._client.untag_resource(ResourceARN=self._arn(name), TagKeys=gone)
        with translate_errors("events:TagResource", name):
            self._client.tag_resource(ResourceARN=self._arn(name), Tags=tag_list(wanted))

    def _arn(self, name: str) -> str:
        session = self._session
        return f"arn:{session.partition}:events:{session.region}:{session.account()}:rule/{name}"
