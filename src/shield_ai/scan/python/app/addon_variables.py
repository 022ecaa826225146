"""Find the variables that an add-on of a platform sets, and those read only without one.

url = os.environ.get("SCALINGO_POSTGRESQL_URL") or os.environ.get("POSTGRES_URL")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.app.fallback_reads import find_fallback_reads

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import SkipReason

# https://www.clever.cloud/developers/doc/reference/reference-environment-variables/
# https://doc.scalingo.com/databases/postgresql/connecting
# https://devcenter.heroku.com/articles/heroku-postgresql#set-up-postgres-on-heroku
PLATFORMS = {
    "Clever Cloud": regex(r"(?:CELLAR|ES|MONGODB|MYSQL|POSTGRESQL)_ADDON_[A-Z_]+"),
    "Scalingo": regex(
        r"SCALINGO_(?:ELASTICSEARCH|INFLUX|MONGO|MYSQL|OPENSEARCH|POSTGRESQL|REDIS)_URL"
    ),
    "Heroku": regex(r"HEROKU_(?:POSTGRESQL|REDIS)_[A-Z]+_URL"),
}


def find_addon_names(variables: Collection[str]) -> dict[str, SkipReason]:
    """Map the variables of add-ons to the reason not to move them: the platform changes them."""
    return {
        variable: SkipId.SET_BY_ADDON.reason(addon=f"an add-on of {platform}")
        for variable in sorted(variables)
        for platform, names in PLATFORMS.items()
        if names.fullmatch(variable)
    }


def find_addon_fallbacks(
    sites: Sequence[FoundSite],
    contents: Iterable[tuple[str, bytes]],
    reserved: Mapping[str, SkipReason],
) -> dict[str, SkipReason]:
    """Map the variables that replace a missing variable of an add-on to the reason to skip them.

    Moving only the replacement would migrate a value that production does not use.

    Args:
        sites: All sites of the app.
        contents: Path and content of the files that may read variables.
        reserved: Why variables stay in the environment.
    """
    held = {name for name, reason in reserved.items() if reason.id is SkipId.SET_BY_ADDON}
    found: dict[str, SkipReason] = {}
    for _, first, second in find_fallback_reads(sites, contents) if held else ():
        if first.variable in held or first.variable in found:
            reason = SkipId.OVERRIDDEN.reason(reader="the app", other=first.variable)
            found.setdefault(second.variable, reason)
    return found
