"""Export a SecretStore and an ExternalSecret for the External Secrets Operator of Kubernetes.

https://external-secrets.io/latest/provider/aws-secrets-manager/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from shield_ai.aws.desired.iam import app_slug

if TYPE_CHECKING:
    from shield_ai.aws.export.platform import PlatformVariable, Target
    from shield_ai.model.manifest import App

_API_VERSION = "external-secrets.io/v1"
_REFRESH_INTERVAL = "1h0m0s"
_HEADER = """\
# Creates a Secret with the app's environment variables, for envFrom. Under serviceAccountRef, name
# a service account that has an IAM role with the policy of shield export --format app-policy;
# without IAM roles for service accounts, remove auth.
"""


def to_external_secrets(target: Target) -> str:
    """Return both objects as YAML."""
    app = target.manifest.app
    store = _object("SecretStore", object_name(app), {"provider": {"aws": _provider(app)}})
    secret = _object("ExternalSecret", object_name(app), _secret_spec(target))
    return _HEADER + yaml.safe_dump_all([store, secret], sort_keys=False, allow_unicode=True)


def _object(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": _API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


def object_name(app: App) -> str:
    """Return the name of the Secret and of the objects that create it.

    It has lowercase letters, digits and hyphens, as Kubernetes requires.
    """
    return re.sub(r"[^a-z0-9]+", "-", f"{app_slug(app)}-secrets".lower()).strip("-")


def _provider(app: App) -> dict[str, Any]:
    service_account = object_name(app).removesuffix("-secrets")
    return {
        "service": "SecretsManager",
        "region": app.region,
        "auth": {"jwt": {"serviceAccountRef": {"name": service_account}}},
    }


def _secret_spec(target: Target) -> dict[str, Any]:
    name = object_name(target.manifest.app)
    return {
        "refreshInterval": _REFRESH_INTERVAL,
        "secretStoreRef": {"kind": "SecretStore", "name": name},
        "target": {"name": name},
        "data": [
            {"secretKey": variable.name, "remoteRef": _remote_ref(variable)}
            for variable in target.variables()
        ],
    }


def _remote_ref(variable: PlatformVariable) -> dict[str, str]:
    reference = {"key": variable.secret}
    if variable.field:
        reference["property"] = variable.field
    return reference
