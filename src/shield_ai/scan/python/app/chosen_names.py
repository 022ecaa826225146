"""Drop the variables with a name that a person chooses, such as that of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.site import READ_SHAPES, Shape

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import Skipped, SkipReason

READS = READ_SHAPES | {Shape.PRESENCE}


def drop_chosen_names(
    sites: list[FoundSite], names: Mapping[str, SkipReason], known_secrets: Collection[str]
) -> tuple[list[FoundSite], list[Skipped]]:
    """Return the sites without the reads of names to choose, and an entry for each of these reads.

    The default of one read shows what the variable contains. If another read has a default that may
    be a secret, the variable is kept.

    Args:
        sites: All sites of the app.
        names: The variables with such a name, and the reason to skip them.
        known_secrets: Variables in shield.toml, and those that are read through get_secret.
    """
    chosen = dict(names)
    kept = {site.variable for _, site in sites if site.has_secret_default}
    for variable in kept.union(known_secrets):
        chosen.pop(variable, None)
    remaining: list[FoundSite] = []
    dropped: list[Skipped] = []
    for finding, site in sites:
        if site.variable in chosen and site.shape in READS:
            reason = chosen[site.variable]
            dropped.append(reason.entry(finding.path, finding.line, site.variable))
        else:
            remaining.append((finding, site))
    return remaining, dropped
