"""Leave out the sites of names that are no secrets, and find the variables that must stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.scan.python.app.chosen_names import drop_chosen_names
from shield_ai.scan.python.app.fallback_reads import mark_database_fallbacks
from shield_ai.scan.python.app.harmless_uses import find_harmless_uses
from shield_ai.scan.python.app.masked_names import drop_masked_names
from shield_ai.scan.python.app.reserved_variables import reserve_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.site import FoundSite
    from shield_ai.scan.python.app.app_facts import AppFiles
    from shield_ai.scan.python.app.collected import Collected


def filter_sites(
    sites: list[FoundSite], collected: Collected, scanned: Sequence[str], files: AppFiles
) -> list[FoundSite]:
    """Return the sites without masked and chosen names.

    Args:
        sites: The sites of all files, in the order of the files.
        collected: What the visitors found in addition. Its context gets the variables that stay
            in the environment.
        scanned: The scanned files.
        files: The app's files.
    """
    context = collected.context
    variables = collected.manifest_variables
    moved = {*variables, *context.migrated}
    sites = drop_masked_names(sites, moved)
    sites, chosen = drop_chosen_names(sites, context.chosen, moved)
    collected.harmless += chosen
    with_reads = dict(files.with_marker("env_read"))
    contents = [(path, with_reads[path]) for path in scanned if path in with_reads]
    reserve_variables(context, sites, variables, contents)
    sites = mark_database_fallbacks(sites, contents, context, variables)
    harmless_uses = find_harmless_uses(sites, scanned, files, context.harmless)
    for variable, reason in harmless_uses.items():
        if variable not in variables:
            context.reserved.setdefault(variable, reason)
    return sites
