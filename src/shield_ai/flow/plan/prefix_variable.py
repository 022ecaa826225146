"""Name the variable that selects the prefix of an environment where the app runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.environments import apply_environment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.model.manifest import Manifest

PREFIX_VARIABLE = "AWS_SECRETS_PREFIX"


def needs_prefix_variable(manifest: Manifest) -> bool:
    """Return whether the app finds its secrets only if the variable is set.

    Args:
        manifest: shield.toml, with or without the settings of an environment.
    """
    has_prefix = any(_prefixes(manifest).values())
    return has_prefix and bool(manifest.environments or manifest.app.runtime == "package")


def prefix_steps(manifest: Manifest, edited: Collection[str]) -> Iterator[str]:
    """Yield where to set the variable, if a plan writes a map file without the prefix.

    Args:
        manifest: shield.toml.
        edited: The files that the plan edits.
    """
    if manifest.app.runtime not in edited or not needs_prefix_variable(manifest):
        return
    values = [f"{PREFIX_VARIABLE}={value} {place}" for place, value in _prefixes(manifest).items()]
    yield (
        "shield.toml has [environments], so the map file contains no prefix: where the app runs"
        f" with AWS on, set {' or '.join(values)}"
    )


def _prefixes(manifest: Manifest) -> dict[str, str]:
    """Return the prefixes, by where they apply."""
    found = {}
    for name in manifest.environments:
        found[f"in {name}"] = apply_environment(manifest, name).app.prefix
    if not found or manifest.app.prefix not in found.values():
        found["without an environment"] = manifest.app.prefix
    return {place: prefix for place, prefix in found.items() if prefix}
