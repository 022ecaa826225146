"""Describe the resource policies of secrets, which deny reads by all but the listed principals.

A deny in a resource policy overrides what the principals' own policies allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.canary import monitored_secrets
from shield_ai.aws.desired.description import Description
from shield_ai.aws.desired.iam import Location, app_slug, role_arn, split_reader
from shield_ai.model.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest

SID = "OnlyReaders"


def secret_policies(
    manifest: Manifest, account: str, _read: FileReader | None = None
) -> Iterator[Resource]:
    """Describe a policy for each secret; yield nothing unless `readers_only` is set.

    Only reading is denied: a principal that can change the policy can also remove it.
    """
    app = manifest.app
    if not app.readers_only:
        return
    readers = _reader_arns(manifest, Location(account, app.region))
    statement = {
        "Sid": SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": readers}},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    for secret in manifest.secret:
        yield Resource(
            kind="secret-policy", name=app.prefix + secret.name, settings={"document": document}
        )


def _reader_arns(manifest: Manifest, location: Location) -> list[str]:
    """Return the ARNs of the readers.

    aws:PrincipalArn is the role's ARN with its path, also for a session of the role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
    """
    app = manifest.app
    arns = [role_arn(app, location.account, location.region)] if app.role else []
    readers = [f"role/{app_slug(app)}-rotate-*"]  # the rotation functions
    if monitored_secrets(manifest):
        readers.append(f"role/{app_slug(app)}-canary-*")
    readers.extend(manifest.monitoring.readers)
    for reader in readers:
        name, account = split_reader(reader, location.account)
        arns.append(location._replace(account=account).iam_arn(name))
    return arns


DESCRIPTION = Description(order=20, describe=secret_policies)
