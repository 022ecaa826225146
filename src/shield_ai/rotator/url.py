"""Database secrets that are URLs: `postgres://user:password@host:5432/name?sslmode=require`.

A rotation replaces only the password and preserves all other bytes, for any parser.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from .errors import SetupError

# The schemes that Django's and SQLAlchemy's parsers support; `+driver` can follow.
ENGINES = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "pgsql": "postgres",
    "psql": "postgres",
    "postgis": "postgres",
    "mysql": "mysql",
    "mysql2": "mysql",
    "mysqlgis": "mysql",
    "mysql-connector": "mysql",
    "mariadb": "mysql",
}
# Query parameters that override the login and the server before the query.
LOGIN_PARAMETERS = frozenset(
    {"user", "username", "password", "host", "hostaddr", "port", "dbname", "service", "passfile"}
)

REMOVED_CHARACTER = re.compile(r"[\t\r\n]")  # urlsplit() removes them, unlike other parsers


def is_database_url(text: str) -> bool:
    """Return True for the URL of a database that can be rotated."""
    scheme, separator, _ = text.strip().partition("://")
    return bool(separator) and scheme.lower().partition("+")[0] in ENGINES


def parse_database_url(text: str) -> dict[str, Any]:
    """Parse a URL into the fields of a JSON document.

    Raises:
        SetupError: The URL is invalid, ambiguous, or has several hosts.
    """
    invalid = SetupError("invalid URL: encode special characters as %XX")
    if REMOVED_CHARACTER.search(text.strip()):
        raise invalid
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise invalid from None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if LOGIN_PARAMETERS & query.keys():
        raise SetupError("the URL has the login in its query: move it before the host")
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at or ":" not in userinfo or "," in host or not parts.hostname:
        raise SetupError(
            "the URL must have a user, a password and one host: scheme://user:password@host/name"
        )
    user, _, password = userinfo.partition(":")
    document = {
        "engine": ENGINES[parts.scheme.partition("+")[0]],
        "username": unquote(user),
        "password": unquote(password),
        "host": parts.hostname,
        "port": port,
        "database": unquote(parts.path[1:]),
        "sslmode": query.get("sslmode"),
        "sslrootcert": query.get("sslrootcert"),
    }
    return {name: value for name, value in document.items() if value is not None}


def with_password(text: str, password: str) -> str:
    """Return the URL with a different password."""
    start = text.index("://") + len("://")
    end = start + len(urlsplit(text.strip()).netloc)
    at = text.rindex("@", start, end)
    colon = text.index(":", start, at)
    return text[: colon + 1] + quote(password, safe="") + text[at:]
