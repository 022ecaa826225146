"""The IAM permissions of the calls for secrets and KMS keys."""

from __future__ import annotations

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
