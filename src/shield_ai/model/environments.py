"""Apply an environment of shield.toml: the same secrets with another prefix, region or account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.errors import ManifestError, UnsafePlanError
from shield_ai.model.manifest import Environment
from shield_ai.model.naming import MANIFEST
from shield_ai.model.suggestion import did_you_mean

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest

ENVIRONMENT_TAG = "environment"
PRODUCTION = frozenset({"prod", "production", "live"})
_APP_KEYS = ("prefix", "region", "kms_key", "role", "replicas")


def get_environment(manifest: Manifest, name: str) -> Environment:
    """Return the table of an environment; an empty table if the name is empty.

    Raises:
        ManifestError: shield.toml does not have the environment.
    """
    if not name:
        return Environment()
    if name not in manifest.environments:
        names = ", ".join(manifest.environments) or "none"
        raise ManifestError(
            f"unknown environment {name!r}; {MANIFEST} has {names}",
            did_you_mean(name, manifest.environments) or f"add [environments.{name}] to {MANIFEST}",
        )
    return manifest.environments[name]


def apply_environment(manifest: Manifest, name: str) -> Manifest:
    """Return the manifest with the settings of an environment; unchanged if the name is empty.

    Raises:
        ManifestError: shield.toml does not have the environment.
    """
    if not name:
        return manifest
    environment = get_environment(manifest, name)
    app = {key: getattr(environment, key) for key in _APP_KEYS}
    changes = {key: value for key, value in app.items() if value is not None}
    changes["tags"] = {**manifest.app.tags, **environment.tags, ENVIRONMENT_TAG: name}
    return msgspec.structs.replace(manifest, app=msgspec.structs.replace(manifest.app, **changes))


def is_production(manifest: Manifest, name: str) -> bool:
    """Return True if the user must type the app's name to confirm changes.

    Raises:
        ManifestError: shield.toml does not have the environment.
    """
    production = get_environment(manifest, name).production
    return name.lower() in PRODUCTION if production is None else production


def check_account(manifest: Manifest, name: str, account: str) -> None:
    """Check that the credentials belong to the environment's account.

    Raises:
        ManifestError: shield.toml does not have the environment.
        UnsafePlanError: The credentials belong to another account.
    """
    expected = get_environment(manifest, name).account
    if expected and expected != account:
        raise UnsafePlanError(
            f"environment {name} uses account {expected}, "
            f"but the credentials belong to account {account}",
            f"sign in to {expected}, or set profile or assume in [environments.{name}]",
        )
