"""Select secrets of shield.toml by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.errors import ShieldError
from shield_ai.model.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.manifest import Manifest, Secret


def select_secrets(manifest: Manifest, names: Sequence[str]) -> list[Secret]:
    """Return the secrets with these names, or all secrets if there are no names.

    Args:
        manifest: shield.toml, with the settings of the environment.
        names: With or without the prefix.

    Raises:
        ShieldError: A name is not in shield.toml.
    """
    if not names:
        return list(manifest.secret)
    known: dict[str, Secret] = {}
    for secret in manifest.secret:
        known[secret.name] = secret
        known[manifest.app.prefix + secret.name] = secret
    for name in names:
        if name not in known:
            listed = ", ".join(secret.name for secret in manifest.secret)
            raise ShieldError(
                f"shield.toml does not define the secret {name}",
                did_you_mean(name, known) or f"it defines {listed}",
            )
    return [known[name] for name in dict.fromkeys(names)]
