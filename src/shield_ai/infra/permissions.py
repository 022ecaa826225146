"""The IAM permissions of everything that we do in AWS: what a plan names, and what the operator's policy is made of."""

from __future__ import annotations

import msgspec

from shield_ai.model import Action


class Verbs(msgspec.Struct, frozen=True, kw_only=True):
    """What each deed on one kind of resource calls."""

    look: tuple[str, ...]
    create: tuple[str, ...]
    update: tuple[str, ...] = ()
    remove: tuple[str, ...]

    def of(self, action: Action) -> tuple[str, ...]:
        """Return the permissions of what a plan says."""
        deeds = {Action.CREATE: self.create, Action.UPDATE: self.update, Action.REMOVE: self.remove}
        return deeds.get(action, self.look)


PERMISSIONS = {
    "policy": Verbs(
        look=("iam:GetPolicy", "iam:GetPolicyVersion"),
        create=("iam:CreatePolicy", "iam:TagPolicy"),
        update=(
            "iam:CreatePolicyVersion",
            "iam:ListPolicyVersions",
            "iam:DeletePolicyVersion",
            "iam:TagPolicy",
            "iam:UntagPolicy",
        ),
        remove=("iam:DeletePolicy", "iam:ListPolicyVersions", "iam:DeletePolicyVersion"),
    ),
    "policy-attachment": Verbs(
        look=("iam:ListAttachedRolePolicies",),
        create=("iam:AttachRolePolicy",),
        update=("iam:AttachRolePolicy", "iam:DetachRolePolicy"),
        remove=("iam:DetachRolePolicy",),
    ),
}
