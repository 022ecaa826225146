"""List the IAM permissions of every AWS API call that shield makes, by kind of resource.

A plan shows them for each change, and the operator policy is built from them.
"""

from __future__ import annotations

import msgspec

from shield_ai.model.plan import Action


class Verbs(msgspec.Struct, frozen=True, kw_only=True):
    """The permissions to read, create, update and delete one kind of resource."""

    read: tuple[str, ...]
    create: tuple[str, ...]
    update: tuple[str, ...] = ()
    delete: tuple[str, ...]

    def for_action(self, action: Action) -> tuple[str, ...]:
        """Return the permissions for an action; for one that changes nothing, those to read."""
        by_action = {
            Action.CREATE: self.create,
            Action.UPDATE: self.update,
            Action.REMOVE: self.delete,
        }
        return by_action.get(action, self.read)


# The calls of plan, apply, verify and rollback on the secrets themselves.
SECRET_ACTIONS = frozenset(
    f"secretsmanager:{action}"
    for action in (
        "CreateSecret",
        "DeleteSecret",
        "DescribeSecret",
        "GetResourcePolicy",
        "GetSecretValue",
        "ListSecretVersionIds",
        "PutSecretValue",
        "RemoveRegionsFromReplication",
        "ReplicateSecretToRegions",
        "RestoreSecret",
        "TagResource",
        "UntagResource",
        "UpdateSecret",
        "UpdateSecretVersionStage",
    )
)
# Needed on a customer managed key to store a value that is encrypted with it:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz
KMS_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
PERMISSIONS = {
    "policy": Verbs(
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
    ),
    "secret-policy": Verbs(
        read=("secretsmanager:GetResourcePolicy",),
        create=("secretsmanager:PutResourcePolicy",),
        update=("secretsmanager:PutResourcePolicy",),
        delete=("secretsmanager:DeleteResourcePolicy",),
    ),
    "policy-attachment": Verbs(
        read=("iam:ListAttachedRolePolicies",),
        create=("iam:AttachRolePolicy",),
        update=("iam:AttachRolePolicy", "iam:DetachRolePolicy"),
        delete=("iam:DetachRolePolicy",),
    ),
    "log-group": Verbs(
        read=("logs:DescribeLogGroups", "logs:ListTagsForResource"),
        create=("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource"),
        update=("logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"),
        delete=("logs:DeleteLogGroup",),
    ),
    "rotation-role": Verbs(
        read=("iam:GetRole", "iam:GetRolePolicy"),
        create=("iam:CreateRole", "iam:PassRole", "iam:PutRolePolicy", "iam:TagRole"),
        update=("iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole"),
        delete=("iam:DeleteRole", "iam:DeleteRolePolicy"),
    ),
    "function": Verbs(
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
    ),
    "rotation": Verbs(
        read=("secretsmanager:DescribeSecret",),
        create=("secretsmanager:RotateSecret",),
        update=("secretsmanager:RotateSecret",),
        delete=("secretsmanager:CancelRotateSecret",),
    ),
    "queue": Verbs(
        read=("sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueueTags"),
        create=("sqs:CreateQueue", "sqs:TagQueue"),
        update=("sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"),
        delete=("sqs:DeleteQueue",),
    ),
    "topic": Verbs(
        read=("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"),
        create=("sns:CreateTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource"),
        update=(
            "sns:SetTopicAttributes",
            "sns:Subscribe",
            "sns:TagResource",
            "sns:Unsubscribe",
            "sns:UntagResource",
        ),
        delete=("sns:DeleteTopic",),
    ),
    "event-rule": Verbs(
        read=("events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"),
        create=("events:PutRule", "events:PutTargets", "events:TagResource"),
        update=(
            "events:PutRule",
            "events:PutTargets",
            "events:TagResource",
            "events:UntagResource",
        ),
        delete=("events:DeleteRule", "events:RemoveTargets"),
    ),
    "alarm": Verbs(
        read=("cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"),
        create=("cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"),
        update=("cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"),
        delete=("cloudwatch:DeleteAlarms",),
    ),
    "schedule": Verbs(
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
    ),
    "dashboard": Verbs(
        read=("cloudwatch:GetDashboard",),
        create=("cloudwatch:PutDashboard",),
        update=("cloudwatch:PutDashboard",),
        delete=("cloudwatch:DeleteDashboards",),
    ),
}
