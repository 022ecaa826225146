"""Find the variables that add-ons of a Heroku app set, and change when they replace a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.app.set_by_hand import find_set_by_hand
from shield_ai.scan.text.pattern_search import has_match

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.skip import SkipReason

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
# What add-ons set in an app that does not list its add-ons.
# https://elements.heroku.com/addons
COMMON = (
    "DATABASE_URL", "REDIS_URL", "REDIS_TLS_URL", *REDIS_URLS, "CLOUDAMQP_URL", "KAFKA_URL",
    "JAWSDB_URL", "JAWSDB_MARIA_URL", "CLEARDB_DATABASE_URL", "MEMCACHEDCLOUD_PASSWORD",
    "MEMCACHIER_PASSWORD", "BONSAI_URL", "SEARCHBOX_URL", "FOUNDELASTICSEARCH_URL",
    "CLOUDINARY_URL", "BUCKETEER_AWS_ACCESS_KEY_ID", "BUCKETEER_AWS_SECRET_ACCESS_KEY",
    "CLOUDCUBE_SECRET_ACCESS_KEY",
)  # fmt: skip
# https://devcenter.heroku.com/articles/build-docker-images-heroku-yml
HEROKU_YML = "heroku.yml"
YML_ADDON = regex(
    rb"""(?m)^[ \t]{0,40}-[ \t]{1,40}plan:[ \t]{0,40}["']?([\w-]{1,80})[^\n]{0,80}"""
    rb"""(?:\n[ \t]{1,40}as:[ \t]{0,40}["']?(\w{1,80}))?"""
)
# Other platforms and programs also read a Procfile.
PROCFILE = "Procfile"
BUILDPACK_FILES = ("runtime.txt", ".python-version")
# Jobs on Scalingo: https://doc.scalingo.com/platform/app/task-scheduling/scalingo-scheduler
SCALINGO_FILES = ("cron.json", "scalingo.json")
HEROKU_SETTINGS = regex(r"(?:^|/)(?:settings[/_])heroku\.py$")
TEXTS = regex(r"\.github/workflows/.+|README[^/]*|requirements[^/]*\.txt|pyproject\.toml|Pipfile")
CODE_MARK = regex(rb"\bHEROKU_[A-Z]|herokuapp|django_heroku|django_on_heroku")
TEXT_MARK = regex(rb"[hH]eroku|HEROKU")


def find_heroku_variables(paths: Collection[str], read: FileReader) -> dict[str, SkipReason]:
    """Map the variables that add-ons set on Heroku to the reasons not to move them.

    Args:
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
    """
    found = {name: f"{addon} on Heroku" for name, addon in _variables(_addons(read))}
    if not found.keys().isdisjoint(REDIS_URLS):
        found.update(REDIS_URLS)
    if any(_runs_on_heroku(folder, paths, read) for folder in _process_folders(paths)):
        by_hand = find_set_by_hand(paths, read)
        common = [name for name in COMMON if name not in by_hand]
        found = dict.fromkeys(common, "an add-on of a platform such as Heroku or Scalingo") | found
    return {name: SkipId.SET_BY_ADDON.reason(addon=addon) for name, addon in found.items()}


def _process_folders(paths: Iterable[str]) -> Iterator[str]:
    """Yield the app's folder, and those in it with a Procfile, each with a trailing slash."""
    yield ""
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder and name == PROCFILE:
            yield f"{folder}/"


def _runs_on_heroku(folder: str, paths: Collection[str], read: FileReader) -> bool:
    """Return whether a folder has a heroku.yml, or a Procfile and another mark of Heroku.

    Settings for Heroku are enough, too. The texts and the code of the app are marks only for the
    app's own folder.
    """
    if read(f"{folder}{HEROKU_YML}") is not None:
        return True
    if not folder and any(HEROKU_SETTINGS.search(path) for path in paths):
        return True
    if read(f"{folder}{PROCFILE}") is None:
        return False
    if any(read(f"{folder}{name}") is not None for name in (*BUILDPACK_FILES, *SCALINGO_FILES)):
        return True
    return not folder and any(_names_heroku(path, read) for path in paths)


def _names_heroku(path: str, read: FileReader) -> bool:
    if path.endswith(".py"):
        return has_match(CODE_MARK, read(path) or b"")
    return bool(TEXTS.fullmatch(path) and TEXT_MARK.search(read(path) or b""))


def _addons(read: FileReader) -> Iterator[dict[str, Any]]:
    """Yield the add-ons in app.json and heroku.yml."""
    for plan, alias in YML_ADDON.findall(read(HEROKU_YML) or b""):
        yield {"plan": plan.decode(), "as": alias.decode()}
    try:
        document = msgspec.json.decode(read(APP_JSON) or b"{}")
    except (ValueError, RecursionError):
        return
    addons = document.get("addons") if isinstance(document, dict) else None
    for addon in addons if isinstance(addons, list) else ():
        yield addon if isinstance(addon, dict) else {"plan": addon}


def _variables(addons: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for addon in addons:
        name = str(addon.get("plan", "")).partition(":")[0]
        prefix = addon.get("as") or PREFIXES.get(name) or name.replace("-", "_").upper()
        yield f"{prefix}_URL", name
        if name == "heroku-redis":
            # https://devcenter.heroku.com/articles/connecting-heroku-redis
            yield f"{prefix}_TLS_URL", name
        for variable in LOGINS.get(name, ()):
            yield variable, name
