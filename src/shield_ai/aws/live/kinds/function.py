"""Read, change and export the Lambda functions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.lambda_function import SECRETS_MANAGER_PRINCIPAL
from shield_ai.aws.desired.lambda_package import build_function_zip, code_sha256
from shield_ai.aws.live.calls import removed_tags, translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.live.responses import parse_document
from shield_ai.aws.syntax.awscli import UNSUPPORTED
from shield_ai.aws.syntax.cloudformation import BUCKET_PARAMETER, Part, arn_of, ref, tag_entries
from shield_ai.aws.syntax.terraform import Block, terraform_address
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import Settings

_STATEMENT_ID = "secrets-manager"
# Seconds. Lambda can't assume a new role for some seconds after it is created.
_ROLE_TIMEOUT = 60.0
_ROLE_RETRY_INTERVAL = 2.0


class Function(ResourceKind):
    """A Lambda function.

    `code` is the digest of its zip, and `called_by` the ID of the account whose Secrets Manager may
    call it; "" if none may.
    """

    kind = "function"
    max_name = 64
    arn = "arn:{partition}:lambda:{region}:{account}:function:{name}"
    permissions = Permissions(
        read=("lambda:GetFunction", "lambda:GetPolicy"),
        create=(
            "lambda:AddPermission",
            "lambda:CreateFunction",
            "lambda:InvokeFunction",
            "lambda:TagResource",
        ),
        update=(
            "lambda:AddPermission",
            "lambda:RemovePermission",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
        ),
        delete=("lambda:DeleteFunction",),
    )

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = session.client("lambda")

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
        package = build_function_zip(settings["environment"], self._session.read)
        is_code_deployed = live is not None and live["code"] == settings["code"]
        if code_sha256(package) != settings["code"] and not is_code_deployed:
            raise AwsError(
                f"function {name}: the planned code can't be built from the installed packages and "
                "the app's files",
                "run shield plan again; to deploy older code, install the shield-ai version that "
                "deployed it and restore the hook",
            )
        if live is None:
            self._create(name, settings, package)
        else:
            self._update(name, settings, live, package)
        self._wait("function_active_v2", name)
        if live is None or live["called_by"] != settings["called_by"]:
            self._replace_caller(name, settings, live)

    def delete(self, name: str) -> None:
        """Delete the function, if it exists."""
        with translate_errors("lambda:DeleteFunction", name):
            try:
                self._client.delete_function(FunctionName=name)
            except self._client.exceptions.ResourceNotFoundException:
                return

    def _create(self, name: str, settings: Settings, package: bytes) -> None:
        def create() -> None:
            self._client.create_function(
                FunctionName=name,
                Code={"ZipFile": package},
                Tags=settings["tags"],
                **_configuration(settings),
            )

        with translate_errors("lambda:CreateFunction", name):
            try:
                self._retry_until_assumable(create)
            except self._client.exceptions.ResourceConflictException:
                return  # created by an earlier call; its response was lost

    def _update(self, name: str, settings: Settings, live: Settings, package: bytes) -> None:
        def update_configuration() -> None:
            self._client.update_function_configuration(
                FunctionName=name, **_configuration(settings)
            )

        with translate_errors("lambda:UpdateFunctionConfiguration", name):
            self._retry_until_assumable(update_configuration)
        self._wait("function_updated_v2", name)
        if live["code"] != settings["code"]:
            with translate_errors("lambda:UpdateFunctionCode", name):
                self._client.update_function_code(FunctionName=name, ZipFile=package)
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

    def _replace_caller(self, name: str, settings: Settings, live: Settings | None) -> None:
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

    def import_ids(self, name: str, settings: Settings, live: Settings) -> Iterator[str]:
        """Yield the ID of the function and, if it has a caller, that of its permission."""
        yield name
        if settings["called_by"]:
            yield f"{name}/{_STATEMENT_ID}" if live["called_by"] else ""

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        yield "Lambda::Function", _function_properties(name, settings)
        if settings["called_by"]:
            yield (
                "Lambda::Permission",
                {
                    "FunctionName": ref(f"Function {name}"),
                    "Action": "lambda:InvokeFunction",
                    "Principal": SECRETS_MANAGER_PRINCIPAL,
                    "SourceAccount": settings["called_by"],
                },
            )

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        yield "aws_lambda_function", _function_arguments(name, settings)
        if settings["called_by"]:
            yield (
                "aws_lambda_permission",
                {
                    "statement_id": _STATEMENT_ID,
                    "function_name": name,
                    "action": "lambda:InvokeFunction",
                    "principal": SECRETS_MANAGER_PRINCIPAL,
                    "source_account": settings["called_by"],
                    "depends_on": [terraform_address("aws_lambda_function", name)],
                },
            )

    @staticmethod
    def to_awscli(_name: str, _settings: Settings) -> Iterator[str]:
        yield UNSUPPORTED


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


def _function_properties(name: str, settings: Settings) -> dict[str, Any]:
    role = settings["role"].rpartition("/")[2]
    properties = {
        "FunctionName": name,
        "Runtime": settings["runtime"],
        "Handler": settings["entry"],
        "Role": arn_of(f"Role {role}"),
        "Timeout": settings["timeout"],
        "MemorySize": settings["memory"],
        "Environment": {"Variables": settings["environment"]},
    }
    if settings["subnets"]:
        properties["VpcConfig"] = {
            "SubnetIds": settings["subnets"],
            "SecurityGroupIds": settings["security_groups"],
        }
    properties["Code"] = {"S3Bucket": {"Ref": BUCKET_PARAMETER}, "S3Key": f"{name}.zip"}
    properties["Tags"] = tag_entries(settings)
    return properties


def _function_arguments(name: str, settings: Settings) -> dict[str, Any]:
    arguments = {
        "function_name": name,
        "filename": f"{name}.zip",  # written by shield export --rotation-code
        "source_code_hash": settings["code"],
        "runtime": settings["runtime"],
        "handler": settings["entry"],
        "role": settings["role"],
        "timeout": settings["timeout"],
        "memory_size": settings["memory"],
        "environment": [{"variables": settings["environment"]}],
    }
    if settings["subnets"]:
        network = {
            "subnet_ids": settings["subnets"],
            "security_group_ids": settings["security_groups"],
        }
        arguments["vpc_config"] = [network]
    arguments["tags"] = settings["tags"]
    role = settings["role"].rpartition("/")[2]
    # The role's policy is the second block of the role.
    arguments["depends_on"] = [terraform_address("aws_iam_role_policy", role) + "_1"]
    return arguments
