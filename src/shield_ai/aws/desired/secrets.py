"""How a secret itself should be, beside its value: description, key, tags, copies in other regions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import customer_key, tags

if TYPE_CHECKING:
    from shield_ai.model.manifest import App, Manifest, Secret
    from shield_ai.model.resource import Settings

DEFAULT_KEY = "aws/secretsmanager"


def secret_settings(secret: Secret, manifest: Manifest) -> Settings:
    """Return the settings, in the form in which `SecretState.settings` has what is there."""
    app = manifest.app
    return {
        "description": secret.description or f"{secret.kind} of {app.name}",
        "kms_key": key_of(app),
        "replicas": sorted(app.replicas),
        "tags": tags(app),
    }


def key_of(app: App) -> str:
    """Return the key's id or alias; the name of AWS's own where it is that one."""
    return bare_key(app.kms_key) if customer_key(app) else DEFAULT_KEY


def bare_key(key: str) -> str:
    """Take the ARN off a key of this account: AWS answers with it, people write it without.

    A key of another account keeps its whole ARN where it was written so; compare what this returns of both.
    """
    return re.sub(r"^arn:[\w-]+:kms:[\w-]+:\d+:(?:key/)?", "", key)
