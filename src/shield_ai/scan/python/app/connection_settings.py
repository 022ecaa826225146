"""Find the settings with the URL of a server by the code that connects to the server.

    connection = kombu.Connection(settings.EVENTS_QUEUE_URL)

Such a URL can contain a password, even if the name of the setting does not sound secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.pattern_search import has_match

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def connection_settings_in(raw: bytes) -> Iterator[bytes]:
    """Yield the settings with the URL of a server to which a Python file connects."""
    if b"settings." not in raw:
        return
    if has_match(LIBRARY, raw):
        yield from (match[1] for match in CONNECTED.finditer(raw))
    if b".password" not in raw:
        return
    owners = {match[1] for match in PASSWORD.finditer(raw)}
    for owner in owners:
        _, dot, setting = owner.partition(b"settings.")
        if dot and setting.isupper():
            yield setting
    if owners:
        yield from (match[2] for match in ASSIGNED.finditer(raw) if match[1] in owners)
