"""Read, change and export the IAM roles of the Lambda functions."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.lambda_function import LAMBDA_TRUST_POLICY
from shield_ai.aws.live.calls import removed_tags, tag_dict, tag_list, translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.syntax.awscli import UNSUPPORTED
from shield_ai.aws.syntax.cloudformation import Part, tag_entries
from shield_ai.aws.syntax.terraform import Block, document_text, terraform_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_iam import IAMClient

    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import Settings

_POLICY_NAME = "rotate"


class RotationRole(ResourceKind):
    """The execution role of a function, with one inline policy: `document` and `tags`."""

    kind = "rotation-role"
    max_name = 64
    arn = "arn:{partition}:iam::{account}:role/{name}"
    permissions = Permissions(
        read=("iam:GetRole", "iam:GetRolePolicy"),
        create=("iam:CreateRole", "iam:PassRole", "iam:PutRolePolicy", "iam:TagRole"),
        update=("iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole"),
        delete=("iam:DeleteRole", "iam:DeleteRolePolicy"),
    )

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

    def import_ids(self, name: str, _settings: Settings, live: Settings) -> Iterator[str]:
        """Yield the name of the role, and with it the name of its policy."""
        yield name
        yield f"{name}:{_POLICY_NAME}" if live["document"] else ""

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        yield (
            "IAM::Role",
            {
                "RoleName": name,
                "AssumeRolePolicyDocument": LAMBDA_TRUST_POLICY,
                "Policies": [{"PolicyName": _POLICY_NAME, "PolicyDocument": settings["document"]}],
                "Tags": tag_entries(settings),
            },
        )

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        yield (
            "aws_iam_role",
            {
                "name": name,
                "assume_role_policy": document_text(LAMBDA_TRUST_POLICY),
                "tags": settings["tags"],
            },
        )
        yield (
            "aws_iam_role_policy",
            {
                "name": _POLICY_NAME,
                "role": name,
                "policy": document_text(settings["document"]),
                "depends_on": [terraform_address("aws_iam_role", name)],
            },
        )

    @staticmethod
    def to_awscli(_name: str, _settings: Settings) -> Iterator[str]:
        yield UNSUPPORTED
