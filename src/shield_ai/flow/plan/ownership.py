"""Find out which app a secret or resource in AWS belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import MANAGED_BY
from shield_ai.model.environments import ENVIRONMENT_TAG
from shield_ai.model.errors import UnsafePlanError

if TYPE_CHECKING:
    from collections.abc import Mapping


def find_owner(what: str, live: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Return the app that a secret or resource belongs to; empty if shield did not create it.

    Args:
        what: The kind and name, for the error.
        live: The tags in AWS.
        wanted: The tags of this app and environment.

    Raises:
        UnsafePlanError: It belongs to another app or environment.
    """
    if live.get("managed-by") != MANAGED_BY:
        return ""
    owner = live.get("app", "")
    if owner and owner != wanted["app"]:
        hint = "set another name or prefix in shield.toml"
        if what.startswith("secret "):
            hint = f'set prefix = "{wanted["app"]}/" in shield.toml'
        raise UnsafePlanError(f"{what} belongs to the app {owner}", hint)
    live_environment = live.get(ENVIRONMENT_TAG, "")
    environment = wanted.get(ENVIRONMENT_TAG, "")
    if owner and live_environment and live_environment != environment:
        raise UnsafePlanError(
            f"{what} belongs to the environment {live_environment}",
            f"set another prefix for {environment or 'the app'} in shield.toml, "
            f"or use --environment {live_environment}",
        )
    return owner
