"""Correct moto's Secrets Manager where shield depends on the behavior of AWS.

Corrected here (moto 5.2):

- For a secret that is scheduled for deletion, AWS rejects new values, tags and stages, and a new
  secret with the same name, with InvalidRequestException. moto accepts the changes, and rejects
  the new secret with ResourceExistsException.
- AWS limits names, the size of values and the number of secrets in one BatchGetSecretValue. moto
  does not.
- moto's DescribeSecret lists versions without a stage, and so does ListSecretVersionIds without
  IncludeDeprecated. The ARN in moto's ListSecretVersionIds is the secret's name.
- After UpdateSecretVersionStage moves AWSCURRENT, moto's GetSecretValue without a stage returns the
  old value.
- moto's RotateSecret requires Docker to call a function, and makes an empty version current. See
  `lambda_runtime.py`.

Not corrected:

- Policies are stored but not enforced (IAM, resource policies, KMS grants), except for reads of an
  assumed role, see `identity.py`.
- moto accepts a `KmsKeyId` of a key that does not exist.
- GetCallerIdentity returns the same user for every key.
- A recovery window never ends, nothing is throttled, and old versions are never removed.
- Operations that moto lacks, such as secretsmanager:ValidateResourcePolicy and
  iam:SimulatePrincipalPolicy, return 501 NotImplemented. `cloudtrail.py` adds
  cloudtrail:LookupEvents.

Correct in moto: ClientRequestToken makes CreateSecret and PutSecretValue idempotent and rejects a
different value; AWSCURRENT and AWSPREVIOUS move together; BatchGetSecretValue reports each error
separately; DescribeSecret returns a deleted secret; RestoreSecret; tags.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable

    Error = tuple[str, str]  # code and message

NAME = regex(r"[A-Za-z0-9/_+=.@!-]{1,512}")
MAX_VALUE_BYTES = 65536
MAX_BATCH = 20
CHANGES = frozenset(
    {
        "PutSecretValue",
        "TagResource",
        "UntagResource",
        "UpdateSecretVersionStage",
        "PutResourcePolicy",
    }
)


def find_error(
    operation: str, body: dict[str, Any], is_deleted: Callable[[str], bool]
) -> Error | None:
    """Return the error with which AWS would reject a request, or None.

    Args:
        operation: The operation, for example CreateSecret.
        body: The request.
        is_deleted: Returns whether the secret with a name or ARN is scheduled for deletion.
    """
    if operation == "CreateSecret":
        error = _creation_error(body.get("Name", ""), is_deleted)
        if error:
            return error
    if operation in CHANGES and is_deleted(body.get("SecretId", "")):
        return "InvalidRequestException", (
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    if value_size(body) > MAX_VALUE_BYTES:
        return "ValidationException", (
            "1 validation error detected: the secret's value is longer than"
            f" {MAX_VALUE_BYTES} bytes"
        )
    if operation == "BatchGetSecretValue" and len(body.get("SecretIdList") or []) > MAX_BATCH:
        return "ValidationException", (
            f"1 validation error detected: secretIdList has more than {MAX_BATCH} members"
        )
    return None


def _creation_error(name: str, is_deleted: Callable[[str], bool]) -> Error | None:
    if not NAME.fullmatch(name):
        return "ValidationException", (
            "Invalid name. Must be a valid name containing alphanumeric characters, "
            "or any of the following: -/_+=.@!"
        )
    if is_deleted(name):
        return "InvalidRequestException", (
            "You can't create this secret because a secret with this name is already scheduled for"
            " deletion."
        )
    return None


def value_size(body: dict[str, Any]) -> int:
    """Return the number of bytes of the value in a request."""
    text = body.get("SecretString") or ""
    binary = body.get("SecretBinary") or ""
    return len(text.encode()) + len(base64.b64decode(binary))


def correct(
    operation: str,
    body: dict[str, Any],
    answer: dict[str, Any],
    find_secret: Callable[[str], Any],
) -> None:
    """Correct moto's answer to a successful request, in place.

    Args:
        operation: The operation, for example DescribeSecret.
        body: The request.
        answer: moto's answer.
        find_secret: Returns moto's object for a secret's name.
    """
    if operation == "DescribeSecret":
        _correct_description(answer, find_secret)
    elif operation == "ListSecretVersionIds":
        answer["ARN"] = str(find_secret(answer["Name"]).arn)
        if not body.get("IncludeDeprecated"):
            versions = answer["Versions"]
            answer["Versions"] = [version for version in versions if version.get("VersionStages")]
    elif operation == "UpdateSecretVersionStage" and body.get("VersionStage") == "AWSCURRENT":
        find_secret(body["SecretId"]).default_version_id = body.get("MoveToVersionId")


def _correct_description(answer: dict[str, Any], find_secret: Callable[[str], Any]) -> None:
    if "VersionIdsToStages" in answer:
        versions = answer["VersionIdsToStages"]
        answer["VersionIdsToStages"] = {
            version: stages for version, stages in versions.items() if stages
        }
    rules = getattr(find_secret(answer["Name"]), "rotation_rules", None)
    if rules:
        answer["RotationRules"] = rules
