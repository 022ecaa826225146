"""A function that is called again and again: a rule of EventBridge with a rate, and the function's consent."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from shield_ai.aws.live.session import Session, tag_list, translate_errors
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

    from shield_ai.model.resource import Settings

_TARGET = "shield"


class Schedule:
    """A rule with a `rate`, the ARN of its `function`, the `input` that it is called with, and `tags`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: EventBridgeClient = session.eventbridge()
        self._lambda = session.lambda_client()

    def read(self, name: str) -> Settings | None:
        """Return when it calls what; no function where that one does not let itself be called."""
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
        called = target and rule.get("State") == "ENABLED" and self._is_allowed(name, target["Arn"])
        return {
            "rate": rule.get("ScheduleExpression", ""),
            "function": target["Arn"] if target and called else "",
            "input": json.loads(target.get("Input") or "{}") if target else {},
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create it or change what differs."""
        with translate_errors("events:PutRule", name):
            self._client.put_rule(
                Name=name,
                ScheduleExpression=settings["rate"],
                State="ENABLED",
                Tags=tag_list(settings["tags"]),
            )
        if live is not None and live["tags"] != settings["tags"]:
            if gone := sorted(live["tags"].keys() - settings["tags"].keys()):
                with translate_errors("events:UntagResource", name):
                    self._client.untag_resource(ResourceARN=self._arn(name), TagKeys=gone)
            with translate_errors("events:TagResource", name):
                self._client.tag_resource(
                    ResourceARN=self._arn(name), Tags=tag_list(settings["tags"])
                )
        there = self._lambda.exceptions.ResourceConflictException
        with translate_errors("lambda:AddPermission", name), contextlib.suppress(there):
            self._lambda.add_permission(
                FunctionName=settings["function"],
                StatementId=f"schedule-{name}",
                Action="lambda:InvokeFunction",
                Principal="events.amazonaws.com",
                SourceArn=self._arn(name),
            )
        with translate_errors("events:PutTargets", name):
            target = {
                "Id": _TARGET,
                "Arn": settings["function"],
                "Input": json.dumps(settings["input"]),
            }
            # a TypedDict
            answer = self._client.put_targets(Rule=name, Targets=[target])  # type: ignore[list-item]
        if answer["FailedEntryCount"]:
            raise AwsError(
                f"AWS refused the target of rule {name}",
                f"check that {settings['function']} is there",
            )

    def delete(self, name: str) -> None:
        """Delete it, its target and the function's consent first."""
        live = self.read(name)
        if live is None:
            return
        if live["function"]:
            gone = self._lambda.exceptions.ResourceNotFoundException
            with translate_errors("lambda:RemovePermission", name), contextlib.suppress(gone):
                self._lambda.remove_permission(
                    FunctionName=live["function"], StatementId=f"schedule-{name}"
                )
        with translate_errors("events:RemoveTargets", name):
            self._client.remove_targets(Rule=name, Ids=[_TARGET])
        with translate_errors("events:DeleteRule", name):
            self._client.delete_rule(Name=name)

    def _is_allowed(self, name: str, function: str) -> bool:
        with translate_errors("lambda:GetPolicy", name):
            try:
                policy = json.loads(self._lambda.get_policy(FunctionName=function)["Policy"])
            except self._lambda.exceptions.ResourceNotFoundException:
                return False
        return any(
            statement.get("Sid") == f"schedule-{name}" for statement in policy.get("Statement", [])
        )

    def _arn(self, name: str) -> str:
        session = self._session
        return f"arn:{session.partition}:events:{session.region}:{session.account()}:rule/{name}"
