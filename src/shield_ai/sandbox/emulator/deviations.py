"""What Secrets Manager does and moto doesn't, as far as we rely on it.

Corrected here, seen with moto 5.2:

- A secret that is scheduled for deletion took new values, tags and stages. AWS refuses (InvalidRequestException).
- CreateSecret under the name of such a secret said ResourceExistsException; AWS says InvalidRequestException.
- Any name, a value of any size and any number of secrets in one BatchGetSecretValue were taken. AWS has limits.
- Versions without a stage stood in DescribeSecret, and in ListSecretVersionIds even when nobody asked for deprecated
  ones; the latter gave the secret's name for its ARN.

- UpdateSecretVersionStage moved AWSCURRENT, and GetSecretValue without a stage still gave the old value.
- RotateSecret needed Docker to call a function, and made an empty version current. See rotation.py.

Not corrected: policies are stored and never enforced (IAM, resource policies, KMS grants), but for reads of an assumed
role, see identity.py; a `KmsKeyId` may name a key that does not exist; GetCallerIdentity gives the same user for every
key; a deletion window never ends; nothing is ever throttled; old versions stay for ever. Operations that moto lacks,
secretsmanager:ValidateResourcePolicy and iam:SimulatePrincipalPolicy among them, are answered with 501 NotImplemented;
`history.py` adds cloudtrail:LookupEvents.

Right as they are: ClientRequestToken makes CreateSecret and PutSecretValue idempotent and refuses a second value; the
stages AWSCURRENT and AWSPREVIOUS move together; BatchGetSecretValue reports each failure by itself; DescribeSecret
shows a deleted secret; RestoreSecret; tags.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")
LARGEST = 65536  # bytes of a value
BATCH = 20
CHANGES = frozenset(
    {
        "PutSecretValue",
        "TagResource",
        "UntagResource",
        "UpdateSecretVersionStage",
        "PutResourcePolicy",
    }
)


def refusal(
    operation: str, body: dict[str, Any], is_deleted: Callable[[str], bool]
) -> tuple[str, str] | None:
    """Return code and message of the error that AWS would give before it does anything, or None.

    Args:
        operation: For example CreateSecret.
        body: The request.
        is_deleted: Whether the secret of a name or ARN exists and is scheduled for deletion.
    """
    if operation == "CreateSecret":
        name = body.get("Name", "")
        if not NAME.fullmatch(name):
            return "ValidationException", (
                "Invalid name. Must be a valid name containing alphanumeric characters, "
                "or any of the following: -/_+=.@!"
            )
        if is_deleted(name):
            return "InvalidRequestException", (
                "You can't create this secret because a secret with this name is already scheduled for deletion."
            )
    if operation in CHANGES and is_deleted(body.get("SecretId", "")):
        return "InvalidRequestException", (
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    if size(body) > LARGEST:
        return (
            "ValidationException",
            f"1 validation error detected: the secret's value is longer than {LARGEST} bytes",
        )
    if operation == "BatchGetSecretValue" and len(body.get("SecretIdList") or []) > BATCH:
        return (
            "ValidationException",
            f"1 validation error detected: secretIdList has more than {BATCH} members",
        )
    return None


def size(body: dict[str, Any]) -> int:
    """Return how many bytes the value in a request has."""
    return len((body.get("SecretString") or "").encode()) + len(
        base64.b64decode(body.get("SecretBinary") or "")
    )


def correct(
    operation: str, body: dict[str, Any], answer: dict[str, Any], secret: Callable[[str], Any]
) -> None:
    """Make a good answer of moto what it would be in AWS, in place.

    Args:
        operation: For example DescribeSecret.
        body: The request.
        answer: What moto made of it.
        secret: Gives moto's object for a name.
    """
    if operation == "DescribeSecret" and "VersionIdsToStages" in answer:
        stages = answer["VersionIdsToStages"]
        answer["VersionIdsToStages"] = {
            version: labels for version, labels in stages.items() if labels
        }
    if operation == "DescribeSecret" and (
        kept := getattr(secret(answer["Name"]), "rotation_rules", None)
    ):
        answer["RotationRules"] = kept
    if operation == "UpdateSecretVersionStage" and body.get("VersionStage") == "AWSCURRENT":
        secret(body["SecretId"]).default_version_id = body.get("MoveToVersionId")
    if operation == "ListSecretVersionIds":
        answer["ARN"] = str(secret(answer["Name"]).arn)
        if not body.get("IncludeDeprecated"):
            answer["Versions"] = [
                version for version in answer["Versions"] if version.get("VersionStages")
            ]
