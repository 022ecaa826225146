"""`--environment staging`: the same secrets under another prefix, in another region or account."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.errors import ManifestError, UnsafePlanError
from shield_ai.model.manifest import Environment
from shield_ai.model.naming import MANIFEST

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest

TAG = "environment"
_OF_APP = ("prefix", "region", "kms_key", "role", "replicas")
PRODUCTION = frozenset({"prod", "production", "live"})


def environment_of(manifest: Manifest, name: str) -> Environment:
    """Return what shield.toml says of an environment; nothing for none.

    Raises:
        ManifestError: It says nothing of that one.
    """
    if not name:
        return Environment()
    if name not in manifest.environments:
        near = difflib.get_close_matches(name, manifest.environments, 1)
        known = ", ".join(manifest.environments) or "none"
        hint = (
            f"did you mean {near[0]}?" if near else f"write [environments.{name}] into {MANIFEST}"
        )
        raise ManifestError(f"{MANIFEST} has no environment {name!r}; it has {known}", hint)
    return manifest.environments[name]


def target(manifest: Manifest, name: str) -> Manifest:
    """Return the manifest as it is for one environment; as it is where no name is given."""
    if not name:
        return manifest
    environment = environment_of(manifest, name)
    changed = {key: value for key in _OF_APP if (value := getattr(environment, key)) is not None}
    tags = {**manifest.app.tags, **environment.tags, TAG: name}
    return msgspec.structs.replace(
        manifest, app=msgspec.structs.replace(manifest.app, **changed, tags=tags)
    )


def is_production(manifest: Manifest, name: str) -> bool:
    """Whether a person has to type the app's name before anything is changed there."""
    said = environment_of(manifest, name).production
    return name.lower() in PRODUCTION if said is None else said


def check_account(manifest: Manifest, name: str, account: str) -> None:
    """Refuse to work in another account than the environment's.

    Raises:
        UnsafePlanError: The credentials are those of another account.
    """
    wanted = environment_of(manifest, name).account
    if wanted and wanted != account:
        raise UnsafePlanError(
            f"{name} is in account {wanted}, and these are credentials of {account}",
            f"sign in to {wanted}, or set profile or assume in [environments.{name}]",
        )
