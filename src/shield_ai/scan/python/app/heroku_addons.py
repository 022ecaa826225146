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

# https://devcenter.heroku.com/articles/sendgrid
# https://devcenter.heroku.com/articles/mailgun
LOGINS = {
    "sendgrid": ("SENDGRID_USERNAME", "SENDGRID_PASSWORD"),
    "mailgun": ("MAILGUN_API_KEY", "MAILGUN_SMTP_LOGIN", "MAILGUN_SMTP_PASSWORD"),
}
# An app that supports one of these add-ons usually tries the variables of all of them.
REDIS_URLS = {"REDISTOGO_URL": "redistogo", "REDISCLOUD_URL": "rediscloud"}


def find_addon_variables(read: FileReader) -> dict[str, str]:
    """Map the variables that add-ons set on Heroku to the names of the add-ons.

    Args:
        read: Returns the bytes of a file; None if it can't be read.
    """
    try:
        document = msgspec.json.decode(read(APP_JSON) or b"{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    found = dict(_addons(document))
    if not found.keys().isdisjoint(REDIS_URLS):
        found.update(REDIS_URLS)
    return found


def _addons(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    addons = document.get("addons")
    if not isinstance(addons, list):
        return
    for addon in addons:
        entry = addon if isinstance(addon, dict) else {"plan": addon}
        name = str(entry.get("plan", "")).partition(":")[0]
        prefix = entry.get("as") or PREFIXES.get(name) or name.replace("-", "_").upper()
        yield f"{prefix}_URL", name
        if name == "heroku-redis":
            # https://devcenter.heroku.com/articles/connecting-heroku-redis
            yield f"{prefix}_TLS_URL", name
        for variable in LOGINS.get(name, ()):
            yield variable, name
