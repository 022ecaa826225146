"""Determine the type of access to a secret from a CloudTrail event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.cloudtrail.audit_result import AccessType

if TYPE_CHECKING:
    from shield_ai.aws.cloudtrail.events import Event

# https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
# BatchGetSecretValue is missing: CloudTrail also logs a GetSecretValue event for each secret.
_ACCESS_TYPES = {
    "GetSecretValue": AccessType.READ,
    "DescribeSecret": AccessType.DESCRIBE,
    "ListSecretVersionIds": AccessType.DESCRIBE,
    "GetResourcePolicy": AccessType.DESCRIBE,
    "CreateSecret": AccessType.CHANGE,
    "PutSecretValue": AccessType.CHANGE,
    "UpdateSecret": AccessType.CHANGE,
    "UpdateSecretVersionStage": AccessType.CHANGE,
    "RestoreSecret": AccessType.CHANGE,
    "TagResource": AccessType.CHANGE,
    "UntagResource": AccessType.CHANGE,
    "PutResourcePolicy": AccessType.CHANGE,
    "DeleteResourcePolicy": AccessType.CHANGE,
    "ReplicateSecretToRegions": AccessType.CHANGE,
    "RemoveRegionsFromReplication": AccessType.CHANGE,
    "StopReplicationToReplica": AccessType.CHANGE,
    "CancelRotateSecret": AccessType.CHANGE,
    "RotateSecret": AccessType.ROTATE,
    "RotationSucceeded": AccessType.ROTATE,
    "RotationFailed": AccessType.FAILED,
    "RotationAbandoned": AccessType.FAILED,
    "DeleteSecret": AccessType.DELETE,
}


def event_access_type(event: Event) -> AccessType | None:
    """Return the type of access, or None for an event that is not an access to a secret."""
    if event.error.startswith("AccessDenied"):
        return AccessType.DENIED
    access_type = _ACCESS_TYPES.get(event.name)
    # Describing a secret that does not exist is not a failure.
    if access_type is None or access_type is AccessType.DESCRIBE:
        return access_type
    return AccessType.FAILED if event.error else access_type
