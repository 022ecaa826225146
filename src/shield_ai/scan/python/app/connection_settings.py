"""Find the settings with the URL of a server by the code that connects to the server.

    connection = kombu.Connection(settings.EVENTS_QUEUE_URL)

Such a URL can contain a password, even if the name of the setting does not sound secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.site import READ_SHAPES
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite

MAX_SIZE = 500_000  # bytes
_SETTING = rb"(?:\w{1,40}\.)?settings\.([A-Z][A-Z0-9_]{1,80})\b"
# One of these libraries is imported.
LIBRARY = regex(
    rb"\b(?:import|from) (?:aio_pika|asyncpg|dj_database_url|kombu|motor|pika|psycopg2?|pymongo"
    rb"|redis|sqlalchemy|sqlmodel)\b"
)
CONNECTED = regex(
    rb"\b(?:(?:Mongo\w{0,10}Client|mongoengine\.connect)\(\s{0,40}host\s?=\s?"
    rb"|(?:Connection|BrokerConnection|create_engine|create_async_engine|make_url|MongoClient"
    rb"|AsyncMongoClient|AsyncIOMotorClient|from_url|URLParameters|connect|connect_robust"
    rb"|create_pool|dj_database_url\.parse)"
    rb"\(\s{0,40}(?:(?:url|dsn|conninfo)\s?=\s?)?)" + _SETTING
)
# url = urlparse(settings.API_URL), and url.password below
ASSIGNED = regex(
    rb"\b(\w{1,60})(?:\s?:[^=\n]{1,60})?\s?=\s?(?:[\w.]{0,40}(?:urlparse|urlsplit)\()?" + _SETTING
)
PASSWORD = regex(rb"\b([\w.]{1,100})\.password\b")


def find_connection_settings(paths: Iterable[str], read: FileReader) -> dict[str, str]:
    """Map settings with the URL of a server to the file that connects to it.

    Args:
        paths: The Python files of the app.
        read: Returns the bytes of a file; None if it can't be read.
    """
    found: dict[str, str] = {}
    for path in sorted(paths):
        raw = read(path) or b""
        if b"settings." in raw and len(raw) <= MAX_SIZE:
            for name in _settings_in(raw):
                found.setdefault(name.decode(), path)
    return found


def _settings_in(raw: bytes) -> Iterator[bytes]:
    if LIBRARY.search(raw):
        yield from (match[1] for match in CONNECTED.finditer(raw))
    owners = {match[1] for match in PASSWORD.finditer(raw)}
    for owner in owners:
        _, dot, setting = owner.partition(b"settings.")
        if dot and setting.isupper():
            yield setting
    if owners:
        yield from (match[2] for match in ASSIGNED.finditer(raw) if match[1] in owners)


def explain_connections(sites: Iterable[FoundSite], settings: dict[str, str]) -> dict[str, str]:
    """Map the variables of settings with the URL of a server to a message for the user.

    Args:
        sites: All sites of the app.
        settings: From `find_connection_settings`.
    """
    messages = {}
    for finding, site in sites:
        path = settings.get(finding.name)
        if path and site.variable and site.shape in READ_SHAPES:
            messages[site.variable] = f"{path} connects to a server with the URL in {site.variable}"
    return messages
