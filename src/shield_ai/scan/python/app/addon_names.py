"""Find the variables that only an add-on of a platform sets, by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection

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
