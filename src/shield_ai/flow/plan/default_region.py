"""Remind the user to set the region of a new shield.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.manifest import has_default_region
from shield_ai.model.naming import MANIFEST
from shield_ai.model.plan import DEFAULT_REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.flow.app_context import AppContext

STEP = f"{{}}{DEFAULT_REGION} set `region` in shield.toml"


def default_region_steps(app: AppContext) -> Iterator[str]:
    """Yield a line if the region is the default, and its comment still says to set it.

    Args:
        app: The app.
    """
    if has_default_region(app.manifest, app.tree.read(MANIFEST)):
        yield STEP.format(app.manifest.app.region)
