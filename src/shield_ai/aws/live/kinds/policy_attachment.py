"""Read, change and export the attachment of the app's policy to its role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.live.calls import translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.syntax.awscli import command
from shield_ai.aws.syntax.terraform import Block, terraform_address
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_iam import IAMClient

    from shield_ai.aws.live.session import Session
    from shield_ai.aws.syntax.cloudformation import Part
    from shield_ai.model.resource import Settings


class PolicyAttachment(ResourceKind):
    """A policy attached to a role, named ROLE/POLICY: `role`, and the ARN of the `policy`."""

    kind = "policy-attachment"
    max_name = 64 + 1 + 128
    arn = "{role}"
    permissions = Permissions(
        read=("iam:ListAttachedRolePolicies",),
        create=("iam:AttachRolePolicy",),
        update=("iam:AttachRolePolicy", "iam:DetachRolePolicy"),
        delete=("iam:DetachRolePolicy",),
    )

    def __init__(self, session: Session) -> None:
        self._client: IAMClient = session.iam()

    def read(self, name: str) -> Settings | None:
        """Return the role and the policy's ARN; None if it is not attached."""
        role, _, policy = name.partition("/")
        paginator = self._client.get_paginator("list_attached_role_policies")
        with translate_errors("iam:ListAttachedRolePolicies", role):
            try:
                for page in paginator.paginate(RoleName=role):
                    for attached in page["AttachedPolicies"]:
                        if attached["PolicyName"] == policy:
                            return {"role": role, "policy": attached["PolicyArn"]}
            except self._client.exceptions.NoSuchEntityException:
                return None
        return None

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Attach the policy. A policy with the same name and another path is detached."""
        if live:
            self._detach(name, live)
        with translate_errors("iam:AttachRolePolicy", name):
            try:
                self._client.attach_role_policy(
                    RoleName=settings["role"], PolicyArn=settings["policy"]
                )
            except self._client.exceptions.NoSuchEntityException:
                raise AwsError(
                    f"IAM role {settings['role']} does not exist", "correct role in shield.toml"
                ) from None

    def delete(self, name: str) -> None:
        """Detach the policy, if it is attached."""
        if live := self.read(name):
            self._detach(name, live)

    def _detach(self, name: str, live: Settings) -> None:
        with translate_errors("iam:DetachRolePolicy", name):
            try:
                self._client.detach_role_policy(RoleName=live["role"], PolicyArn=live["policy"])
            except self._client.exceptions.NoSuchEntityException:
                return

    def import_ids(self, _name: str, _settings: Settings, live: Settings) -> Iterator[str]:
        """Yield the role and the ARN of the policy."""
        yield f"{live['role']}/{live['policy']}"

    @staticmethod
    def to_cloudformation(_name: str, _settings: Settings) -> Iterator[Part]:
        return iter(())  # a property of the policy

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        _role, _, policy = name.partition("/")
        yield (
            "aws_iam_role_policy_attachment",
            {
                "role": settings["role"],
                "policy_arn": settings["policy"],
                # The ARN is a literal, so Terraform can't infer the order.
                "depends_on": [terraform_address("aws_iam_policy", policy)],
            },
        )

    @staticmethod
    def to_awscli(_name: str, settings: Settings) -> Iterator[str]:
        yield command(
            "iam",
            "attach-role-policy",
            role_name=settings["role"],
            policy_arn=settings["policy"],
        )
