"""The IAM permissions of everything that we do in AWS: what a plan names, and what the operator's policy is made of."""

from __future__ import annotations

import msgspec

from shield_ai.model.nouns import Action


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


# What plan, apply, verify and rollback call on the secrets themselves.
SECRETS = frozenset(
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
# What whoever stores a value with a key of the customer's needs on that key:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz
KEY = ("kms:Decrypt", "kms:GenerateDataKey")
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
    "secret-policy": Verbs(
        look=("secretsmanager:GetResourcePolicy",),
        create=("secretsmanager:PutResourcePolicy",),
        update=("secretsmanager:PutResourcePolicy",),
        remove=("secretsmanager:DeleteResourcePolicy",),
    ),
    "policy-attachment": Verbs(
        look=("iam:ListAttachedRolePolicies",),
        create=("iam:AttachRolePolicy",),
        update=("iam:AttachRolePolicy", "iam:DetachRolePolicy"),
        remove=("iam:DetachRolePolicy",),
    ),
    "log-group": Verbs(
        look=("logs:DescribeLogGroups", "logs:ListTagsForResource"),
        create=("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource"),
        update=("logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"),
        remove=("logs:DeleteLogGroup",),
    ),
    "rotation-role": Verbs(
        look=("iam:GetRole", "iam:GetRolePolicy"),
        create=("iam:CreateRole", "iam:PassRole", "iam:PutRolePolicy", "iam:TagRole"),
        update=("iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole"),
        remove=("iam:DeleteRole", "iam:DeleteRolePolicy"),
    ),
    "function": Verbs(
        look=("lambda:GetFunction", "lambda:GetPolicy"),
        create=("lambda:AddPermission", "lambda:CreateFunction", "lambda:InvokeFunction", "lambda:TagResource"),
        update=(
            "lambda:AddPermission",
            "lambda:RemovePermission",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
        ),
        remove=("lambda:DeleteFunction",),
    ),
    "rotation": Verbs(
        look=("secretsmanager:DescribeSecret",),
        create=("secretsmanager:RotateSecret",),
        update=("secretsmanager:RotateSecret",),
        remove=("secretsmanager:CancelRotateSecret",),
    ),
    "queue": Verbs(
        look=("sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueueTags"),
        create=("sqs:CreateQueue", "sqs:TagQueue"),
        update=("sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"),
        remove=("sqs:DeleteQueue",),
    ),
    "topic": Verbs(
        look=("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"),
        create=("sns:CreateTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource"),
        update=("sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:Unsubscribe", "sns:UntagResource"),
        remove=("sns:DeleteTopic",),
    ),
    "event-rule": Verbs(
        look=("events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"),
        create=("events:PutRule", "events:PutTargets", "events:TagResource"),
        update=("events:PutRule", "events:PutTargets", "events:TagResource", "events:UntagResource"),
        remove=("events:DeleteRule", "events:RemoveTargets"),
    ),
    "alarm": Verbs(
        look=("cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"),
        create=("cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"),
        update=("cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"),
        remove=("cloudwatch:DeleteAlarms",),
    ),
    "schedule": Verbs(
        look=("events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule", "lambda:GetPolicy"),
        create=("events:PutRule", "events:PutTargets", "events:TagResource", "lambda:AddPermission"),
        update=(
            "events:PutRule",
            "events:PutTargets",
            "events:TagResource",
            "events:UntagResource",
            "lambda:AddPermission",
        ),
        remove=("events:DeleteRule", "events:RemoveTargets", "lambda:RemovePermission"),
    ),
    "dashboard": Verbs(
        look=("cloudwatch:GetDashboard",),
        create=("cloudwatch:PutDashboard",),
        update=("cloudwatch:PutDashboard",),
        remove=("cloudwatch:DeleteDashboards",),
    ),
}
