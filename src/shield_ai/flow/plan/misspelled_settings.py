"""Find the names in shield.toml that the app does not have, although it has similar ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.flow.misspelled_names import SIMILARITY, with_same_digits
from shield_ai.model.file_reader import read_optional
from shield_ai.model.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.deployment import EnvironmentFile
    from shield_ai.model.manifest import Manifest

# Lower than SIMILARITY, which is for the names in get_secret(): names of containers are short.
_CONTAINER_SIMILARITY = 0.8


def misspelled_ignores(app: AppContext) -> Iterator[str]:
    """Yield a line for each variable in `ignore` that no code names, if the code has a similar one.

    Args:
        app: The app.
    """
    ignored = set(app.manifest.app.ignore)
    if not ignored:
        return
    scan = app.scan_result
    used = {*app.manifest.variables(), *scan.migrated}
    for _, site in scan.sites:
        used.update(site.variables)
    for name in sorted(ignored - _named_in_code(app, ignored)):
        suggestion = did_you_mean(name, with_same_digits(name, used - ignored), SIMILARITY)
        if suggestion:
            yield f"ignore in shield.toml lists {name}, which no code reads: {suggestion}"


def _named_in_code(app: AppContext, names: Iterable[str]) -> set[str]:
    """Return the names that occur in any Python file."""
    missing = set(names)
    found: set[str] = set()
    for path in app.scan_result.python_files:
        if not missing:
            break
        content = read_optional(app.tree.read, path) or b""
        found |= {name for name in missing if _has_word(content, name)}
        missing -= found
    return found


def _has_word(content: bytes, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b".encode(), content) is not None


def misspelled_containers(manifest: Manifest, files: Iterable[EnvironmentFile]) -> Iterator[str]:
    """Yield a line for each name in [deployment] that no file has, if a file has a similar one.

    Args:
        manifest: shield.toml.
        files: The deployment files.
    """
    units: set[str] = set()
    for file in files:
        for block in file.blocks:
            units.update((block.unit, *block.inherited_by))
    deployment = manifest.deployment
    listed = {*deployment.containers, *deployment.inject}
    for key, names in (("containers", deployment.containers), ("inject", deployment.inject)):
        for name in names:
            choices = with_same_digits(name, units - listed)
            suggestion = "" if name in units else did_you_mean(name, choices, _CONTAINER_SIMILARITY)
            if suggestion:
                yield f"{key} in shield.toml lists {name}, which no file has: {suggestion}"
