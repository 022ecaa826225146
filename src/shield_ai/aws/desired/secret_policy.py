"""Describe the resource policies of secrets, which deny reads by all but the listed principals.

A deny in a resource policy overrides what the principals' own policies allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import partition, role_name, slug
from shield_ai.model.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.manifest import Manifest

SID = "OnlyReaders"


def secret_policies(manifest: Manifest, account: str, region: str) -> Iterator[Resource]:
    """Describe a policy for each secret; yield nothing unless `readers_only` is set.

    Only reading is denied: a principal that can change the policy can also remove it.
    """
    app = manifest.app
    if not app.readers_only:
        return
    readers = [f"role/{role_name(app)}"] if app.role else []
    readers.append(f"role/{slug(app)}-rotate-*")  # the rotation functions
    readers.extend(manifest.monitoring.readers)
    account_arn = f"arn:{partition(region)}:iam::{account}:"
    statement = {
        "Sid": SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
        "Condition": {
            "ArnNotLike": {"aws:PrincipalArn": [account_arn + reader for reader in readers]}
        },
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    for secret in manifest.secret:
        yield Resource(
            kind="secret-policy", name=app.prefix + secret.name, settings={"document": document}
        )
