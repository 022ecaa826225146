"""Read and write customer managed IAM policies and their attachment to a role."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.live.parallel import parallel_map
from shield_ai.aws.live.session import (
    Session,
    removed_tags,
    tag_dict,
    tag_list,
    translate_errors,
)
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_iam import IAMClient

    from shield_ai.model.resource import Settings

# A policy can have five versions. Keeping three leaves room for repeated calls.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_KEPT_VERSIONS = 3
# Calls a second. AWS documents no limit; this one checks a hundred secrets in seconds.
_SIMULATION_RATE = 20


class Policy:
    """A customer managed policy: `document` and `tags`."""

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
                    f"policy {name} is still attached, but not by shield",
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


class PolicyAttachment:
    """A policy attached to a role, named ROLE/POLICY: `role`, and the ARN of the `policy`."""

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
                    f"there is no IAM role {settings['role']}", "correct role in shield.toml"
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


def role_exists(session: Session, name: str) -> bool:
    """Return whether a role exists."""
    client: IAMClient = session.iam()
    with translate_errors("iam:GetRole", name):
        try:
            client.get_role(RoleName=name)
        except client.exceptions.NoSuchEntityException:
            return False
    return True


def allowed_resources(session: Session, role: str, action: str, arns: Sequence[str]) -> set[str]:
    """Return the resources on which the IAM policy simulator allows a role an action.

    Each call is about one resource, so that the decision is unambiguous.
    """
    client: IAMClient = session.iam()
    role_arn = session.iam_arn(f"role/{role}")

    def is_allowed(arn: str) -> bool:
        with translate_errors("iam:SimulatePrincipalPolicy", role):
            response = client.simulate_principal_policy(
                PolicySourceArn=role_arn, ActionNames=[action], ResourceArns=[arn]
            )
        decisions = [result["EvalDecision"] for result in response["EvaluationResults"]]
        return decisions == ["allowed"]

    decisions = parallel_map(
        is_allowed, arns, session, "permissions checked", rate=_SIMULATION_RATE
    )
    return {arn for arn, allowed in zip(arns, decisions, strict=True) if allowed}
