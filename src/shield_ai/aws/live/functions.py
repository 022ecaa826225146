"""Read and write the rotation functions, with their log groups and execution roles."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.lambda_function import LAMBDA_TRUST_POLICY, SECRETS_MANAGER_PRINCIPAL
from shield_ai.aws.desired.lambda_package import build_function_zip, code_sha256
from shield_ai.aws.live.responses import parse_document
from shield_ai.aws.live.session import (
    Session,
    removed_tags,
    tag_dict,
    tag_list,
    translate_errors,
)
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_iam import IAMClient

    from shield_ai.model.resource import Settings

_POLICY_NAME = "rotate"
_STATEMENT_ID = "secrets-manager"
# Seconds. Lambda can't assume a new role for some seconds after it is created.
_ROLE_TIMEOUT = 60.0
_ROLE_RETRY_INTERVAL = 2.0


class LogGroup:
    """A log group: its retention in `days`, and `tags`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = session.logs()

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
        """Create the log group, or change the settings that differ.

        It must exist before the function, which would create it without a retention.
        """
        live_tags: dict[str, str] | None = live["tags"] if live is not None else None
        if live_tags is None and not self._create(name, settings):
            live_tags = {}
        with translate_errors("logs:PutRetentionPolicy", name):
            self._client.put_retention_policy(logGroupName=name, retentionInDays=settings["days"])
        if live_tags is not None and live_tags != settings["tags"]:
            self._update_tags(name, settings["tags"], live_tags)

    def _create(self, name: str, settings: Settings) -> bool:
        """Return False if it already exists, because the response to an earlier call was lost."""
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


class RotationRole:
    """The execution role of a function, with one inline policy: `document` and `tags`."""

    def __init__(self, session: Session) -> None:
        self._client: IAMClient = session.iam()

    def read(self, name: str) -> Settings | None:
        """Return the inline policy and the tags."""
        missing = self._client.exceptions.NoSuchEntityException
        with translate_errors("iam:GetRole", name):
            try:
                role = self._client.get_role(RoleName=name)["Role"]
            except missing:
                return None
        document: Any = {}
        with translate_errors("iam:GetRolePolicy", name), contextlib.suppress(missing):
            policy = self._client.get_role_policy(RoleName=name, PolicyName=_POLICY_NAME)
            document = policy["PolicyDocument"]
        return {"document": document, "tags": tag_dict(role.get("Tags", []))}

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create the role, or change the settings that differ."""
        live_tags: dict[str, str] | None = live["tags"] if live is not None else None
        if live_tags is None and not self._create(name, settings):
            live_tags = {}
        with translate_errors("iam:PutRolePolicy", name):
            self._client.put_role_policy(
                RoleName=name,
                PolicyName=_POLICY_NAME,
                PolicyDocument=json.dumps(settings["document"]),
            )
        if live_tags is not None and live_tags != settings["tags"]:
            self._update_tags(name, settings["tags"], live_tags)

    def _create(self, name: str, settings: Settings) -> bool:
        """Return False if it already exists, because the response to an earlier call was lost."""
        with translate_errors("iam:CreateRole", name):
            try:
                self._client.create_role(
                    RoleName=name,
                    AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST_POLICY),
                    Tags=tag_list(settings["tags"]),
                )
            except self._client.exceptions.EntityAlreadyExistsException:
                return False
        return True

    def _update_tags(self, name: str, wanted: dict[str, str], live: dict[str, str]) -> None:
        if removed := removed_tags(live, wanted):
            with translate_errors("iam:UntagRole", name):
                self._client.untag_role(RoleName=name, TagKeys=removed)
        with translate_errors("iam:TagRole", name):
            self._client.tag_role(RoleName=name, Tags=tag_list(wanted))

    def delete(self, name: str) -> None:
        """Delete the role and its inline policy, if they exist."""
        missing = self._client.exceptions.NoSuchEntityException
        with translate_errors("iam:DeleteRolePolicy", name), contextlib.suppress(missing):
            self._client.delete_role_policy(RoleName=name, PolicyName=_POLICY_NAME)
        with translate_errors("iam:DeleteRole", name), contextlib.suppress(missing):
            self._client.delete_role(RoleName=name)


class Function:
    """A Lambda function that Secrets Manager may call.

    `code` is the digest of its zip, and `called_by` the account of the calling Secrets Manager.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = session.lambda_client()

    def read(self, name: str) -> Settings | None:
        """Return the configuration, the digest of the code and the calling account."""
        with translate_errors("lambda:GetFunction", name):
            try:
                response = self._client.get_function(FunctionName=name)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        configuration = response["Configuration"]
        network = configuration.get("VpcConfig", {})
        return {
            "code": configuration["CodeSha256"],
            "runtime": configuration["Runtime"],
            "entry": configuration["Handler"],
            "role": configuration["Role"],
            "timeout": configuration["Timeout"],
            "memory": configuration["MemorySize"],
            "environment": configuration.get("Environment", {}).get("Variables", {}),
            "subnets": sorted(network.get("SubnetIds", [])),
            "security_groups": sorted(network.get("SecurityGroupIds", [])),
            "called_by": self._read_caller(name),
            "tags": response.get("Tags", {}),
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create the function, or change the settings that differ.

        Raises:
            AwsError: The code that was planned can't be built from the current files.
        """
        code = build_function_zip(settings["environment"], self._session.read)
        is_code_deployed = live is not None and live["code"] == settings["code"]
        if code_sha256(code) != settings["code"] and not is_code_deployed:
            raise AwsError(
                f"function {name}: the planned code can't be built from the installed packages and "
                "the app's files",
                "run shield plan again; to deploy older code, install the shield-ai version that "
                "deployed it and restore the hook",
            )
        if live is None:
            self._create(name, settings, code)
        else:
            self._update(name, settings, live, code)
        self._wait("function_active_v2", name)
        if live is None or live["called_by"] != settings["called_by"]:
            self._allow_caller(name, settings, live)

    def delete(self, name: str) -> None:
        """Delete the function, if it exists."""
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
                self._retry_until_assumable(create)
            except self._client.exceptions.ResourceConflictException:
                return  # created by an earlier call; its response was lost

    def _update(self, name: str, settings: Settings, live: Settings, code: bytes) -> None:
        def update_configuration() -> None:
            self._client.update_function_configuration(
                FunctionName=name, **_configuration(settings)
            )

        with translate_errors("lambda:UpdateFunctionConfiguration", name):
            self._retry_until_assumable(update_configuration)
        self._wait("function_updated_v2", name)
        if live["code"] != settings["code"]:
            with translate_errors("lambda:UpdateFunctionCode", name):
                self._client.update_function_code(FunctionName=name, ZipFile=code)
            self._wait("function_updated_v2", name)
        if live["tags"] != settings["tags"]:
            self._update_tags(name, settings["tags"], live["tags"])

    def _update_tags(self, name: str, wanted: dict[str, str], live: dict[str, str]) -> None:
        if removed := removed_tags(live, wanted):
            with translate_errors("lambda:UntagResource", name):
                self._client.untag_resource(Resource=self._arn(name), TagKeys=removed)
        with translate_errors("lambda:TagResource", name):
            self._client.tag_resource(Resource=self._arn(name), Tags=wanted)

    def _retry_until_assumable(self, call: Callable[[], object]) -> None:
        """Retry a call until Lambda can assume the function's new role."""
        deadline = time.monotonic() + _ROLE_TIMEOUT
        while True:
            try:
                call()
            except self._client.exceptions.InvalidParameterValueException as error:
                if "cannot be assumed" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(_ROLE_RETRY_INTERVAL)
            else:
                return

    def _wait(self, waiter: str, name: str) -> None:
        with translate_errors("lambda:GetFunction", name):
            self._client.get_waiter(waiter).wait(FunctionName=name)

    def _allow_caller(self, name: str, settings: Settings, live: Settings | None) -> None:
        if live and live["called_by"]:
            with translate_errors("lambda:RemovePermission", name):
                self._client.remove_permission(FunctionName=name, StatementId=_STATEMENT_ID)
        if not settings["called_by"]:
            return
        with translate_errors("lambda:AddPermission", name):
            try:
                self._client.add_permission(
                    FunctionName=name,
                    StatementId=_STATEMENT_ID,
                    Action="lambda:InvokeFunction",
                    Principal=SECRETS_MANAGER_PRINCIPAL,
                    SourceAccount=settings["called_by"],
                )
            except self._client.exceptions.ResourceConflictException:
                return  # added by an earlier call; its response was lost

    def _read_caller(self, name: str) -> str:
        with translate_errors("lambda:GetPolicy", name):
            try:
                policy = self._client.get_policy(FunctionName=name)["Policy"]
            except self._client.exceptions.ResourceNotFoundException:
                return ""
        for statement in parse_document(policy, "lambda:GetPolicy").get("Statement", []):
            if statement.get("Sid") == _STATEMENT_ID:
                condition = statement.get("Condition", {}).get("StringEquals", {})
                return str(condition.get("AWS:SourceAccount", ""))
        return ""

    def _arn(self, name: str) -> str:
        return self._session.arn("lambda", f"function:{name}")


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
