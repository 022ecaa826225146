"""Drop the variables that the app names only to mask their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.skip import SkipId

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.site import FoundSite, Site


def drop_masked_names(sites: list[FoundSite], known_secrets: Collection[str]) -> list[FoundSite]:
    """Drop the variables that are only masked, unless other code reads them as secrets.

    Args:
        sites: All sites of the app.
        known_secrets: Variables in shield.toml, and those that are read through get_secret.
    """
    if not any(site.is_only_masked for _, site in sites):
        return sites
    secrets = set(known_secrets)
    for _, site in sites:
        if not site.is_only_masked:
            secrets.update(site.variables)
    return [(finding, _narrowed(site, secrets)) for finding, site in sites]


def _narrowed(site: Site, secrets: Collection[str]) -> Site:
    if not site.is_only_masked:
        return site
    kept = tuple(variable for variable in site.possible_variables if variable in secrets)
    if not kept:
        return msgspec.structs.replace(site, reason=site.reason or SkipId.ONLY_MASKED.reason())
    dropped = tuple(variable for variable in site.possible_variables if variable not in secrets)
    return msgspec.structs.replace(
        site, possible_variables=kept, other_variables=(*site.other_variables, *dropped)
    )
