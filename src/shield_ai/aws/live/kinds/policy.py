"""Read, change and export IAM policies, and delete their old versions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.live.calls import removed_tags, tag_dict, tag_list, translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.syntax.awscli import command, compact_json, create_if_missing, tag_list_json
from shield_ai.aws.syntax.terraform import Block, document_text
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_iam import IAMClient

    from shield_ai.aws.live.session import Session
    from shield_ai.aws.syntax.cloudformation import Part
    from shield_ai.model.resource import Settings

# A policy can have five versions. Keeping three leaves room for repeated calls.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_KEPT_VERSIONS = 3


class Policy(ResourceKind):
    """A customer managed policy: `document` and `tags`.

    For to_awscli(), aws/export/awscli.py adds `arn`.
    """

    kind = "policy"
    max_name = 128
    arn = "arn:{partition}:iam::{account}:policy/{name}"
    permissions = Permissions(
        read=("iam:GetPolicy", "iam:GetPolicyVersion"),
        create=("iam:CreatePolicy", "iam:TagPolicy"),
        update=(
            "iam:CreatePolicyVersion",
            "iam:ListPolicyVersions",
            "iam:DeletePolicyVersion",
            "iam:TagPolicy",
            "iam:UntagPolicy",
        ),
        delete=("iam:DeletePolicy", "iam:ListPolicyVersions", "iam:DeletePolicyVersion"),
    )

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: IAMClient = session.iam()

    def read(self, name: str) -> Settings | None:
        """Return the default version's document, and the tags."""
        arn = self._arn(name)
        with translate_errors("iam:GetPolicy", name):
            try:
                policy = self._client.get_policy(PolicyArn=arn)["Policy"]
            except self._client.exceptions.NoSuchEntityException:
                return None
        with translate_errors("iam:GetPolicyVersion", name):
            version = self._client.get_policy_version(
                PolicyArn=arn, VersionId=policy["DefaultVersionId"]
            )
        # The stubs declare a string, but botocore has parsed the document.
        document: Any = version["PolicyVersion"]["Document"]
        return {"document": document, "tags": tag_dict(policy.get("Tags", []))}

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create the policy, or set a new default version of its document."""
        if live is None:
            self._create(name, settings)
            live = self.read(name) or {}
        if live.get("document") != settings["document"]:
            self._delete_old_versions(name, keep=_KEPT_VERSIONS)
            with translate_errors("iam:CreatePolicyVersion", name):
                self._client.create_policy_version(
                    PolicyArn=self._arn(name),
                    PolicyDocument=json.dumps(settings["document"]),
                    SetAsDefault=True,
                )
        self._update_tags(name, settings["tags"], live.get("tags", {}))

    def delete(self, name: str) -> None:
        """Delete the policy, if it exists.

        Raises:
            AwsError: The policy is still attached to something.
        """
        if self.read(name) is None:
            return
        self._delete_old_versions(name, keep=0)
        with translate_errors("iam:DeletePolicy", name):
            try:
                self._client.delete_policy(PolicyArn=self._arn(name))
            except self._client.exceptions.NoSuchEntityException:
                return
            except self._client.exceptions.DeleteConflictException:
                raise AwsError(
                    f"policy {name} is attached to a user, group or role that is not managed by "
                    "shield",
                    "detach the policy, then run the same command again",
                ) from None

    def _create(self, name: str, settings: Settings) -> None:
        with translate_errors("iam:CreatePolicy", name):
            try:
                self._client.create_policy(
                    PolicyName=name,
                    PolicyDocument=json.dumps(settings["document"]),
                    Tags=tag_list(settings["tags"]),
                )
            except self._client.exceptions.EntityAlreadyExistsException:
                return  # created by an earlier call; its response was lost
        # IAM is eventually consistent.
        with translate_errors("iam:GetPolicy", name):
            self._client.get_waiter("policy_exists").wait(PolicyArn=self._arn(name))

    def _delete_old_versions(self, name: str, *, keep: int) -> None:
        with translate_errors("iam:ListPolicyVersions", name):
            versions = self._client.list_policy_versions(PolicyArn=self._arn(name))["Versions"]
        others = [version for version in versions if not version["IsDefaultVersion"]]
        others.sort(key=lambda version: version["CreateDate"], reverse=True)
        kept_others = max(keep - 1, 0)  # the default version is kept, too
        for version in others[kept_others:]:
            with translate_errors("iam:DeletePolicyVersion", name):
                self._client.delete_policy_version(
                    PolicyArn=self._arn(name), VersionId=version["VersionId"]
                )

    def _update_tags(self, name: str, wanted: Mapping[str, str], live: Mapping[str, str]) -> None:
        if removed := removed_tags(live, wanted):
            with translate_errors("iam:UntagPolicy", name):
                self._client.untag_policy(PolicyArn=self._arn(name), TagKeys=removed)
        if changed := dict(wanted.items() - live.items()):
            with translate_errors("iam:TagPolicy", name):
                self._client.tag_policy(PolicyArn=self._arn(name), Tags=tag_list(changed))

    def _arn(self, name: str) -> str:
        return self._session.iam_arn(f"policy/{name}")

    def import_ids(self, name: str, _settings: Settings, _live: Settings) -> Iterator[str]:
        """Yield the ARN."""
        yield self._arn(name)

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        yield (
            "IAM::ManagedPolicy",
            {"ManagedPolicyName": name, "PolicyDocument": settings["document"]},
        )

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        yield (
            "aws_iam_policy",
            {"name": name, "policy": document_text(settings["document"]), "tags": settings["tags"]},
        )

    @staticmethod
    def to_awscli(name: str, settings: Settings) -> Iterator[str]:
        yield create_if_missing(
            command("iam", "get-policy", policy_arn=settings["arn"]),
            command(
                "iam",
                "create-policy",
                policy_name=name,
                policy_document=compact_json(settings["document"]),
                tags=tag_list_json(settings),
            ),
        )
