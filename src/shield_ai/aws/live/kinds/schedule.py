"""Read, change and export the EventBridge rules that call a Lambda function regularly."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.live.calls import removed_tags, tag_dict, tag_list, translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.live.responses import parse_document
from shield_ai.aws.syntax.awscli import UNSUPPORTED
from shield_ai.aws.syntax.cloudformation import Part, arn_of, ref
from shield_ai.aws.syntax.terraform import Block, document_text, terraform_address
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_events import EventBridgeClient

    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import Settings

_TARGET_ID = "shield"


class Schedule(ResourceKind):
    """A rule with a `rate`, the ARN of its `function`, the function's `input`, and `tags`.

    The function's resource policy has a statement that allows the rule to call it.
    """

    kind = "schedule"
    max_name = 64
    arn = "arn:{partition}:events:{region}:{account}:rule/{name}"
    permissions = Permissions(
        read=(
            "events:DescribeRule",
            "events:ListTagsForResource",
            "events:ListTargetsByRule",
            "lambda:GetPolicy",
        ),
        create=(
            "events:PutRule",
            "events:PutTargets",
            "events:TagResource",
            "lambda:AddPermission",
        ),
        update=(
            "events:PutRule",
            "events:PutTargets",
            "events:TagResource",
            "events:UntagResource",
            "lambda:AddPermission",
        ),
        delete=("events:DeleteRule", "events:RemoveTargets", "lambda:RemovePermission"),
    )

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: EventBridgeClient = session.eventbridge()
        self._lambda = session.client("lambda")

    def read(self, name: str) -> Settings | None:
        """Return the schedule; `function` is empty if the rule is disabled or may not call it."""
        with translate_errors("events:DescribeRule", name):
            try:
                rule = self._client.describe_rule(Name=name)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        with translate_errors("events:ListTargetsByRule", name):
            targets = self._client.list_targets_by_rule(Rule=name)["Targets"]
        with translate_errors("events:ListTagsForResource", name):
            tags = self._client.list_tags_for_resource(ResourceARN=self._arn(name)).get("Tags", [])
        target = _find_target(targets)
        function = ""
        target_input = {}
        if target:
            target_input = parse_document(target.get("Input") or "{}", "events:ListTargetsByRule")
            if rule.get("State") == "ENABLED" and self._may_call(name, target["Arn"]):
                function = target["Arn"]
        return {
            "rate": rule.get("ScheduleExpression", ""),
            "function": function,
            "input": target_input,
            "tags": tag_dict(tags),
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create the schedule, or change the settings that differ."""
        with translate_errors("events:PutRule", name):
            self._client.put_rule(
                Name=name,
                ScheduleExpression=settings["rate"],
                State="ENABLED",
                Tags=tag_list(settings["tags"]),  # AWS ignores tags for an existing rule
            )
        if live is not None and live["tags"] != settings["tags"]:
            self._update_tags(name, settings["tags"], live["tags"])
        self._allow_call(name, settings["function"])
        self._put_target(name, settings)

    def _update_tags(self, name: str, wanted: dict[str, str], live: dict[str, str]) -> None:
        if removed := removed_tags(live, wanted):
            with translate_errors("events:UntagResource", name):
                self._client.untag_resource(ResourceARN=self._arn(name), TagKeys=removed)
        with translate_errors("events:TagResource", name):
            self._client.tag_resource(ResourceARN=self._arn(name), Tags=tag_list(wanted))

    def _allow_call(self, name: str, function: str) -> None:
        exists = self._lambda.exceptions.ResourceConflictException
        with translate_errors("lambda:AddPermission", name), contextlib.suppress(exists):
            self._lambda.add_permission(
                FunctionName=function,
                StatementId=_statement_id(name),
                Action="lambda:InvokeFunction",
                Principal="events.amazonaws.com",
                SourceArn=self._arn(name),
            )

    def _put_target(self, name: str, settings: Settings) -> None:
        target: Any = {
            "Id": _TARGET_ID,
            "Arn": settings["function"],
            "Input": json.dumps(settings["input"]),
        }
        with translate_errors("events:PutTargets", name):
            response = self._client.put_targets(Rule=name, Targets=[target])
        if response["FailedEntryCount"]:
            raise AwsError(
                f"AWS refused the target of rule {name}",
                f"check that {settings['function']} exists",
            )

    def delete(self, name: str) -> None:
        """Delete the rule, its target and the function's permission, if the rule exists."""
        if self.read(name) is None:
            return
        with translate_errors("events:ListTargetsByRule", name):
            target = _find_target(self._client.list_targets_by_rule(Rule=name)["Targets"])
        if target:
            missing = self._lambda.exceptions.ResourceNotFoundException
            with translate_errors("lambda:RemovePermission", name), contextlib.suppress(missing):
                self._lambda.remove_permission(
                    FunctionName=target["Arn"], StatementId=_statement_id(name)
                )
        with translate_errors("events:RemoveTargets", name):
            self._client.remove_targets(Rule=name, Ids=[_TARGET_ID])
        with translate_errors("events:DeleteRule", name):
            self._client.delete_rule(Name=name)

    def _may_call(self, name: str, function: str) -> bool:
        with translate_errors("lambda:GetPolicy", name):
            try:
                policy = self._lambda.get_policy(FunctionName=function)["Policy"]
            except self._lambda.exceptions.ResourceNotFoundException:
                return False
        statements = parse_document(policy, "lambda:GetPolicy").get("Statement", [])
        return any(statement.get("Sid") == _statement_id(name) for statement in statements)

    def _arn(self, name: str) -> str:
        return self._session.arn("events", f"rule/{name}")

    def import_ids(self, name: str, settings: Settings, live: Settings) -> Iterator[str]:
        """Yield the name of the rule, and the IDs of its target and of the permission."""
        yield name
        yield f"{name}/{_TARGET_ID}" if live["input"] else ""
        function = settings["function"]
        is_allowed = self._may_call(name, function)
        yield f"{function.rpartition(':')[2]}/{_statement_id(name)}" if is_allowed else ""

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        function = settings["function"].rpartition(":")[2]
        target = {
            "Id": _TARGET_ID,
            "Arn": arn_of(f"Function {function}"),
            "Input": json.dumps(settings["input"]),
        }
        yield (
            "Events::Rule",
            {
                "Name": name,
                "ScheduleExpression": settings["rate"],
                "State": "ENABLED",
                "Targets": [target],
            },
        )
        yield (
            "Lambda::Permission",
            {
                "FunctionName": ref(f"Function {function}"),
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": arn_of(f"Rule {name}"),
            },
        )

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        function_arn = settings["function"]
        function = function_arn.rpartition(":")[2]
        function_address = terraform_address("aws_lambda_function", function)
        yield (
            "aws_cloudwatch_event_rule",
            {
                "name": name,
                "schedule_expression": settings["rate"],
                "state": "ENABLED",
                "tags": settings["tags"],
            },
        )
        yield (
            "aws_cloudwatch_event_target",
            {
                "rule": name,
                "target_id": _TARGET_ID,
                "arn": function_arn,
                "input": document_text(settings["input"]),
                "depends_on": [
                    terraform_address("aws_cloudwatch_event_rule", name),
                    function_address,
                ],
            },
        )
        events_arn = function_arn.replace(":lambda:", ":events:").rpartition(":function:")[0]
        yield (
            "aws_lambda_permission",
            {
                "statement_id": _statement_id(name),
                "function_name": function,
                "action": "lambda:InvokeFunction",
                "principal": "events.amazonaws.com",
                "source_arn": f"{events_arn}:rule/{name}",
                "depends_on": [function_address],
            },
        )

    @staticmethod
    def to_awscli(_name: str, _settings: Settings) -> Iterator[str]:
        yield UNSUPPORTED


def _find_target(targets: list[Any]) -> Any:
    for target in targets:
        if target["Id"] == _TARGET_ID:
            return target
    return None


def _statement_id(name: str) -> str:
    """Return the ID of the permission with which the rule calls the function."""
    return f"schedule-{name}"
