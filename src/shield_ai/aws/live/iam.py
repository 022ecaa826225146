"""IAM: the customer's own policies, and what is attached to a role."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.live.parallel import parallel_map
from shield_ai.aws.live.session import Session, translate_errors
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_iam import IAMClient

    from shield_ai.model.resource import Settings

# A policy has five versions at most; two are left free, so that a call that was repeated still finds room.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_KEPT_VERSIONS = 3
# a second: AWS documents no rate; a policy with a hundred secrets is asked about in seconds
_SIMULATIONS = 20


class Policy:
    """A managed policy of the customer's: `document` and `tags`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: IAMClient = session.iam()

    def read(self, name: str) -> Settings | None:
        """Return the document in force, and the tags."""
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
        # the stubs say text, botocore has parsed it
        document: Any = version["PolicyVersion"]["Document"]
        return {
            "document": document,
            "tags": {tag["Key"]: tag["Value"] for tag in policy.get("Tags", [])},
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create it, or make a new version of its document the one in force."""
        if live is None:
            self._create(name, settings)
            live = self.read(name) or {}
        if live.get("document") != settings["document"]:
            self._drop_versions(name, keep=_KEPT_VERSIONS)
            with translate_errors("iam:CreatePolicyVersion", name):
                self._client.create_policy_version(
                    PolicyArn=self._arn(name),
                    PolicyDocument=json.dumps(settings["document"]),
                    SetAsDefault=True,
                )
        self._tag(name, settings["tags"], live.get("tags", {}))

    def delete(self, name: str) -> None:
        """Delete it; AWS refuses where somebody has attached it elsewhere."""
        if self.read(name) is None:
            return
        self._drop_versions(name, keep=0)
        with translate_errors("iam:DeletePolicy", name):
            try:
                self._client.delete_policy(PolicyArn=self._arn(name))
            except self._client.exceptions.NoSuchEntityException:
                return
            except self._client.exceptions.DeleteConflictException:
                raise AwsError(
                    f"policy {name} is attached to something that shield did not attach it to",
                    "detach it first",
                ) from None

    def _create(self, name: str, settings: Settings) -> None:
        with translate_errors("iam:CreatePolicy", name):
            try:
                self._client.create_policy(
                    PolicyName=name,
                    PolicyDocument=json.dumps(settings["document"]),
                    Tags=[
                        {"Key": key, "Value": value}
                        for key, value in sorted(settings["tags"].items())
                    ],
                )
            except self._client.exceptions.EntityAlreadyExistsException:
                return  # the answer to the first try was lost
        with translate_errors("iam:GetPolicy", name):  # IAM takes a moment until every call sees it
            self._client.get_waiter("policy_exists").wait(PolicyArn=self._arn(name))

    def _drop_versions(self, name: str, *, keep: int) -> None:
        with translate_errors("iam:ListPolicyVersions", name):
            versions = self._client.list_policy_versions(PolicyArn=self._arn(name))["Versions"]
        spare = sorted(
            (v for v in versions if not v["IsDefaultVersion"]),
            key=lambda v: v["CreateDate"],
            reverse=True,
        )
        for version in spare[max(keep - 1, 0) :]:
            with translate_errors("iam:DeletePolicyVersion", name):
                self._client.delete_policy_version(
                    PolicyArn=self._arn(name), VersionId=version["VersionId"]
                )

    def _tag(self, name: str, wanted: Mapping[str, str], live: Mapping[str, str]) -> None:
        if gone := sorted(live.keys() - wanted.keys()):
            with translate_errors("iam:UntagPolicy", name):
                self._client.untag_policy(PolicyArn=self._arn(name), TagKeys=gone)
        if new := sorted(wanted.items() - live.items()):
            with translate_errors("iam:TagPolicy", name):
                self._client.tag_policy(
                    PolicyArn=self._arn(name),
                    Tags=[{"Key": key, "Value": value} for key, value in new],
                )

    def _arn(self, name: str) -> str:
        return f"arn:{self._session.partition}:iam::{self._session.account()}:policy/{name}"


class PolicyAttachment:
    """A policy on a role, named ROLE/POLICY: `role`, and `policy` with its ARN."""

    def __init__(self, session: Session) -> None:
        self._client: IAMClient = session.iam()

    def read(self, name: str) -> Settings | None:
        """Return role and ARN where it is attached."""
        role, _, policy = name.partition("/")
        with translate_errors("iam:ListAttachedRolePolicies", role):
            try:
                for page in self._client.get_paginator("list_attached_role_policies").paginate(
                    RoleName=role
                ):
                    for attached in page["AttachedPolicies"]:
                        if attached["PolicyName"] == policy:
                            return {"role": role, "policy": attached["PolicyArn"]}
            except self._client.exceptions.NoSuchEntityException:
                return None
        return None

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Attach it, in place of another one of the same name."""
        if live:
            self._detach(name, live)
        with translate_errors("iam:AttachRolePolicy", name):
            try:
                self._client.attach_role_policy(
                    RoleName=settings["role"], PolicyArn=settings["policy"]
                )
            except self._client.exceptions.NoSuchEntityException:
                raise AwsError(
                    f"there is no IAM role {settings['role']}", "set role in shield.toml"
                ) from None

    def delete(self, name: str) -> None:
        """Detach it."""
        if live := self.read(name):
            self._detach(name, live)

    def _detach(self, name: str, live: Settings) -> None:
        with translate_errors("iam:DetachRolePolicy", name):
            try:
                self._client.detach_role_policy(RoleName=live["role"], PolicyArn=live["policy"])
            except self._client.exceptions.NoSuchEntityException:
                return


def role_exists(session: Session, name: str) -> bool:
    """Tell whether a role is there."""
    client: IAMClient = session.iam()
    with translate_errors("iam:GetRole", name):
        try:
            client.get_role(RoleName=name)
        except client.exceptions.NoSuchEntityException:
            return False
    return True


def allowed_resources(session: Session, role: str, action: str, arns: Sequence[str]) -> set[str]:
    """Ask IAM's simulator on which of these a role may do something, one at a time: then the answer is plain."""
    client: IAMClient = session.iam()
    source = f"arn:{session.partition}:iam::{session.account()}:role/{role}"

    def allowed(arn: str) -> bool:
        with translate_errors("iam:SimulatePrincipalPolicy", role):
            answer = client.simulate_principal_policy(
                PolicySourceArn=source, ActionNames=[action], ResourceArns=[arn]
            )
        return [result["EvalDecision"] for result in answer["EvaluationResults"]] == ["allowed"]

    answers = parallel_map(allowed, arns, session, "permissions asked for", rate=_SIMULATIONS)
    return {arn for arn, yes in zip(arns, answers, strict=True) if yes}
