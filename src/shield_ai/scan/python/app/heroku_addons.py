"""Find the variables that add-ons of a Heroku app set, and change when they replace a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.file_reader import FileReader

# https://devcenter.heroku.com/articles/app-json-schema
APP_JSON = "app.json"
# https://devcenter.heroku.com/articles/heroku-postgresql#set-up-postgres-on-heroku
# https://devcenter.heroku.com/articles/heroku-redis#create-an-instance
PREFIXES = {"heroku-postgresql": "DATABASE", "heroku-redis": "REDIS"}


def find_addon_variables(read: FileReader) -> dict[str, str]:
    """Return the variables that add-ons set on Heroku, with the names of the add-ons.

    Args:
        read: Reads a file of the app.
    """
    try:
        document = msgspec.json.decode(read(APP_JSON) or b"{}")
    except (ValueError, RecursionError):
        return {}
    return dict(_addons(document)) if isinstance(document, dict) else {}


def _addons(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    addons = document.get("addons")
    for addon in addons if isinstance(addons, list) else ():
        entry = addon if isinstance(addon, dict) else {"plan": addon}
        name = str(entry.get("plan", "")).partition(":")[0]
        prefix = entry.get("as") or PREFIXES.get(name) or name.replace("-", "_").upper()
        yield f"{prefix}_URL", name
