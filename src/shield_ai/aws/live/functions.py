"""The Lambda functions that rotate: their logs, their roles, and themselves."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.lambda_package import build_function_zip, code_sha256
from shield_ai.aws.desired.lambda_function import LAMBDA_TRUST_POLICY, SECRETS_MANAGER_PRINCIPAL
from shield_ai.aws.live.session import Session, tag_list, translate_errors
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_iam import IAMClient

    from shield_ai.model.resource import Settings

_POLICY = "rotate"
_STATEMENT = "secrets-manager"
# A new role takes some seconds until Lambda may assume it, and Lambda then says that it may not.
_PATIENCE, _PAUSE = 60.0, 2.0


class LogGroup:
    """A log group: `days` and `tags`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = session.logs()

    def read(self, name: str) -> Settings | None:
        """Return how long it keeps what is in it."""
        with translate_errors("logs:DescribeLogGroups", name):
            groups = self._client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        group = next((group for group in groups if group["logGroupName"] == name), None)
        if group is None:
            return None
        with translate_errors("logs:ListTagsForResource", name):
            tags = self._client.list_tags_for_resource(resourceArn=self._arn(name)).get("tags", {})
        return {"days": group.get("retentionInDays", 0), "tags": tags}

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create it before the function does, which would keep everything for ever."""
        if live is None:
            with translate_errors("logs:CreateLogGroup", name):
                try:
                    self._client.create_log_group(logGroupName=name, tags=settings["tags"])
                except self._client.exceptions.ResourceAlreadyExistsException:
                    live = {"tags": {}}  # the answer to the first try was lost
        with translate_errors("logs:PutRetentionPolicy", name):
            self._client.put_retention_policy(logGroupName=name, retentionInDays=settings["days"])
        if live is not None and live["tags"] != settings["tags"]:
            if gone := sorted(live["tags"].keys() - settings["tags"].keys()):
                with translate_errors("logs:UntagResource", name):
                    self._client.untag_resource(resourceArn=self._arn(name), tagKeys=gone)
            with translate_errors("logs:TagResource", name):
                self._client.tag_resource(resourceArn=self._arn(name), tags=settings["tags"])

    def delete(self, name: str) -> None:
        """Delete it with what is in it."""
        with translate_errors("logs:DeleteLogGroup", name):
            try:
                self._client.delete_log_group(logGroupName=name)
            except self._client.exceptions.ResourceNotFoundException:
                return

    def _arn(self, name: str) -> str:
        session = self._session
        return f"arn:{session.partition}:logs:{session.region}:{session.account()}:log-group:{name}"


class RotationRole:
    """A role that Lambda assumes, with its one policy: `document` and `tags`."""

    def __init__(self, session: Session) -> None:
        self._client: IAMClient = session.iam()

    def read(self, name: str) -> Settings | None:
        """Return what it allows."""
        missing = self._client.exceptions.NoSuchEntityException
        with translate_errors("iam:GetRole", name):
            try:
                role = self._client.get_role(RoleName=name)["Role"]
            except missing:
                return None
        document: Any = {}
        with translate_errors("iam:GetRolePolicy", name):
            try:
                document = self._client.get_role_policy(RoleName=name, PolicyName=_POLICY)[
                    "PolicyDocument"
                ]
            except missing:
                document = {}
        return {
            "document": document,
            "tags": {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])},
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create it, or change what it allows."""
        if live is None:
            with translate_errors("iam:CreateRole", name):
                try:
                    trust = json.dumps(LAMBDA_TRUST_POLICY)
                    self._client.create_role(
                        RoleName=name,
                        AssumeRolePolicyDocument=trust,
                        Tags=tag_list(settings["tags"]),
                    )
                except self._client.exceptions.EntityAlreadyExistsException:
                    live = {"tags": {}}  # the answer to the first try was lost
        with translate_errors("iam:PutRolePolicy", name):
            document = json.dumps(settings["document"])
            self._client.put_role_policy(RoleName=name, PolicyName=_POLICY, PolicyDocument=document)
        if live is not None and live["tags"] != settings["tags"]:
            if gone := sorted(live["tags"].keys() - settings["tags"].keys()):
                with translate_errors("iam:UntagRole", name):
                    self._client.untag_role(RoleName=name, TagKeys=gone)
            with translate_errors("iam:TagRole", name):
                self._client.tag_role(RoleName=name, Tags=tag_list(settings["tags"]))

    def delete(self, name: str) -> None:
        """Delete it, its policy first."""
        missing = self._client.exceptions.NoSuchEntityException
        with translate_errors("iam:DeleteRolePolicy", name), contextlib.suppress(missing):
            self._client.delete_role_policy(RoleName=name, PolicyName=_POLICY)
        with translate_errors("iam:DeleteRole", name):
            try:
                self._client.delete_role(RoleName=name)
            except missing:
                return


class Function:
    """A function that Secrets Manager may call: its configuration, and `code`, the digest of its zip."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = session.lambda_client()

    def read(self, name: str) -> Settings | None:
        """Return its configuration, the digest of its code and who may call it."""
        with translate_errors("lambda:GetFunction", name):
            try:
                answer = self._client.get_function(FunctionName=name)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        found = answer["Configuration"]
        network = found.get("VpcConfig", {})
        return {
            "code": found["CodeSha256"],
            "runtime": found["Runtime"],
            "entry": found["Handler"],
            "role": found["Role"],
            "timeout": found["Timeout"],
            "memory": found["MemorySize"],
            "environment": found.get("Environment", {}).get("Variables", {}),
            "subnets": sorted(network.get("SubnetIds", [])),
            "security_groups": sorted(network.get("SecurityGroupIds", [])),
            "called_by": self._called_by(name),
            "tags": answer.get("Tags", {}),
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create it, or change what differs.

        Raises:
            AwsError: The code that was planned can't be made here.
        """
        code = build_function_zip(settings["environment"], self._session.read)
        if code_sha256(code) != settings["code"] and (
            live is None or live["code"] != settings["code"]
        ):
            raise AwsError(
                f"function {name}: the code that was planned can't be made from what is installed and in the app now",
                "plan again; for older code, install the shield-ai that deployed it and put the hook back",
            )
        if live is None:
            self._create(name, settings, code)
        else:
            self._update(name, settings, live, code)
        self._wait("function_active_v2", name)
        if live is None or live["called_by"] != settings["called_by"]:
            self._allow(name, settings, live)

    def delete(self, name: str) -> None:
        """Delete it."""
        with translate_errors("lambda:DeleteFunction", name):
            try:
                self._client.delete_function(FunctionName=name)
            except self._client.exceptions.ResourceNotFoundException:
                return

    def _create(self, name: str, settings: Settings, code: bytes) -> None:
        def create() -> None:
            self._client.create_function(
                FunctionName=name,
                Code={"ZipFile": code},
                Tags=settings["tags"],
                **_configuration(settings),
            )

        with translate_errors("lambda:CreateFunction", name):
            try:
                self._patiently(create)
            except self._client.exceptions.ResourceConflictException:
                return  # the answer to the first try was lost

    def _update(self, name: str, settings: Settings, live: Settings, code: bytes) -> None:
        with translate_errors("lambda:UpdateFunctionConfiguration", name):
            self._patiently(
                lambda: self._client.update_function_configuration(
                    FunctionName=name, **_configuration(settings)
                )
            )
        self._wait("function_updated_v2", name)
        if live["code"] != settings["code"]:
            with translate_errors("lambda:UpdateFunctionCode", name):
                self._client.update_function_code(FunctionName=name, ZipFile=code)
            self._wait("function_updated_v2", name)
        if gone := sorted(live["tags"].keys() - settings["tags"].keys()):
            with translate_errors("lambda:UntagResource", name):
                self._client.untag_resource(Resource=self._arn(name), TagKeys=gone)
        if live["tags"] != settings["tags"]:
            with translate_errors("lambda:TagResource", name):
                self._client.tag_resource(Resource=self._arn(name), Tags=settings["tags"])

    def _patiently(self, call: Callable[[], object]) -> None:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                call()
            except self._client.exceptions.InvalidParameterValueException as error:
                if "cannot be assumed" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    def _wait(self, what: str, name: str) -> None:
        with translate_errors("lambda:GetFunction", name):
            self._client.get_waiter(what).wait(FunctionName=name)

    def _allow(self, name: str, settings: Settings, live: Settings | None) -> None:
        if live and live["called_by"]:
            with translate_errors("lambda:RemovePermission", name):
                self._client.remove_permission(FunctionName=name, StatementId=_STATEMENT)
        if not settings["called_by"]:
            return
        with translate_errors("lambda:AddPermission", name):
            try:
                self._client.add_permission(
                    FunctionName=name,
                    StatementId=_STATEMENT,
                    Action="lambda:InvokeFunction",
                    Principal=SECRETS_MANAGER_PRINCIPAL,
                    SourceAccount=settings["called_by"],
                )
            except self._client.exceptions.ResourceConflictException:
                return  # the answer to the first try was lost

    def _called_by(self, name: str) -> str:
        with translate_errors("lambda:GetPolicy", name):
            try:
                policy = json.loads(self._client.get_policy(FunctionName=name)["Policy"])
            except self._client.exceptions.ResourceNotFoundException:
                return ""
        ours: list[Any] = [s for s in policy.get("Statement", []) if s.get("Sid") == _STATEMENT]
        return (
            str(ours[0].get("Condition", {}).get("StringEquals", {}).get("AWS:SourceAccount", ""))
            if ours
            else ""
        )

    def _arn(self, name: str) -> str:
        session = self._session
        return (
            f"arn:{session.partition}:lambda:{session.region}:{session.account()}:function:{name}"
        )


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "Runtime": settings["runtime"],
        "Handler": settings["entry"],
        "Role": settings["role"],
        "Timeout": settings["timeout"],
        "MemorySize": settings["memory"],
        "Environment": {"Variables": settings["environment"]},
        "VpcConfig": {
            "SubnetIds": settings["subnets"],
            "SecurityGroupIds": settings["security_groups"],
        },
    }
