"""Describe the settings of a secret besides its value: description, KMS key, tags, replicas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import app_tags, uses_customer_key

if TYPE_CHECKING:
    from shield_ai.model.manifest import App, Manifest, Secret
    from shield_ai.model.resource import Settings

AWS_MANAGED_KEY = "aws/secretsmanager"


def secret_settings(secret: Secret, manifest: Manifest) -> Settings:
    """Return the settings of a secret, in the same form as `SecretState.settings`."""
    app = manifest.app
    return {
        "description": secret.description or f"{secret.kind} of {app.name}",
        "kms_key": kms_key_id(app),
        "replicas": sorted(app.replicas),
        "tags": app_tags(app),
    }


def kms_key_id(app: App) -> str:
    """Return the ID or alias of the app's key, or the name of the AWS managed key."""
    return strip_key_arn(app.kms_key) if uses_customer_key(app) else AWS_MANAGED_KEY


def strip_key_arn(key: str) -> str:
    """Return the ID or alias of a key that may be given as an ARN.

    AWS returns an ARN where shield.toml has an ID or alias: compare the stripped forms.
    """
    return re.sub(r"^arn:[\w-]+:kms:[\w-]+:\d+:(?:key/)?", "", key)
