"""Find the secrets of the other environments, which can contain the same database login."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.environments import apply_environment, get_environment

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest, Secret


def label(name: str, environment: str) -> str:
    """Return how to call a secret of another environment.

    Args:
        name: The name in shield.toml.
        environment: The environment; empty: none.
    """
    return f"{name} of {environment}" if environment else f"{name} without an environment"


def secrets_of_environments(manifest: Manifest, environment: str) -> dict[str, Secret]:
    """Return the secrets of the other environments in the same account and region.

    Args:
        manifest: shield.toml.
        environment: The environment to leave out; empty: none.

    Returns:
        The secrets with their labels as names, by the name in AWS.
    """
    if not manifest.environments:
        return {}
    own = apply_environment(manifest, environment).app
    found: dict[str, Secret] = {}
    for name in ("", *manifest.environments):
        app = apply_environment(manifest, name).app
        accounts = {get_environment(manifest, other).account for other in (name, environment)}
        if len(accounts - {""}) > 1 or app.region != own.region or app.prefix == own.prefix:
            continue
        for secret in manifest.secret:
            labeled = msgspec.structs.replace(secret, name=label(secret.name, name))
            found[app.prefix + secret.name] = labeled
    return found
