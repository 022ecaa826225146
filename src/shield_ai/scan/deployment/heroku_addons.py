"""Find the variables that add-ons of a Heroku app set, and change when they rotate a password."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.model.skip import SkipId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.skip import Skipped

# https://devcenter.heroku.com/articles/app-json-schema
APP_JSON = "app.json"
# https://devcenter.heroku.com/articles/heroku-postgresql#set-up-postgres-on-heroku
# https://devcenter.heroku.com/articles/heroku-redis#create-an-instance
PREFIXES = {"heroku-postgresql": "DATABASE", "heroku-redis": "REDIS"}


def addon_notes(read: FileReader, variables: Iterable[str]) -> list[Skipped]:
    """Return a note for each variable that an add-on sets on Heroku.

    Args:
        read: Reads a file of the app.
        variables: The variables of shield.toml.
    """
    try:
        document = json.loads(read(APP_JSON) or b"{}")
    except (ValueError, RecursionError):
        return []
    if not isinstance(document, dict):
        return []
    addons = dict(_addons(document))
    reason = SkipId.SET_BY_ADDON.reason
    return [
        reason(addon=addons[prefix]).entry(APP_JSON, name=variable)
        for variable in variables
        if (prefix := variable.removesuffix("_URL")) in addons and prefix != variable
    ]


def _addons(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the prefix of the variables of each add-on, and its name."""
    addons = document.get("addons")
    for addon in addons if isinstance(addons, list) else ():
        entry = addon if isinstance(addon, dict) else {"plan": addon}
        name = str(entry.get("plan", "")).partition(":")[0]
        prefix = entry.get("as") or PREFIXES.get(name) or name.replace("-", "_").upper()
        yield str(prefix), name
