"""A policy on each secret that shuts out everybody but those who are named, whatever their own policies say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import partition, role_name, slug
from shield_ai.model.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.manifest import Manifest

SID = "OnlyReaders"


def secret_policies(manifest: Manifest, account: str, region: str) -> Iterator[Resource]:
    """Describe a policy for each secret; nothing where shield.toml does not ask for it.

    Reading alone is denied: whoever may change the policy can always take it away again.
    """
    app = manifest.app
    if not app.readers_only:
        return
    roles = [f"role/{role_name(app)}"] if app.role else []
    # Those who may read, and the functions that rotate.
    who = [*roles, f"role/{slug(app)}-rotate-*", *manifest.monitoring.readers]
    statement = {
        "Sid": SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
        "Condition": {
            "ArnNotLike": {
                "aws:PrincipalArn": [
                    f"arn:{partition(region)}:iam::{account}:{name}" for name in who
                ]
            }
        },
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    for secret in manifest.secret:
        yield Resource(
            kind="secret-policy", name=app.prefix + secret.name, settings={"document": document}
        )
