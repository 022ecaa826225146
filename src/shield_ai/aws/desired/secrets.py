"""How a secret itself should be, beside its value: description, key, tags, copies in other regions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import app_tags, uses_customer_key

if TYPE_CHECKING:
    from shield_ai.model.manifest import App, Manifest, Secret
    from shield_ai.model.resource import Settings

AWS_MANAGED_KEY = "aws/secretsmanager"


def secret_settings(secret: Secret, manifest: Manifest) -> Settings:
    """Return the settings, in the form in which `SecretState.settings` has what is there."""
    app = manifest.app
    return {
        "description": secret.description or f"{secret.kind} of {app.name}",
        "kms_key": kms_key_id(app),
        "replicas": sorted(app.replicas),
        "tags": app_tags(app),
    }


def kms_key_id(app: App) -> str:
    """Return the key's id or alias; the name of AWS's own where it is that one."""
    return strip_key_arn(app.kms_key) if uses_customer_key(app) else AWS_MANAGED_KEY


def strip_key_arn(key: str) -> str:
    """Take the ARN off a key of this account: AWS answers with it, people write it without.

    A key of another account keeps its whole ARN where it was written so; compare what this returns of both.
    """
    return re.sub(r"^arn:[\w-]+:kms:[\w-]+:\d+:(?:key/)?", "", key)
