"""A database secret that is a URL: `postgres://user:password@host:5432/name?sslmode=require`.

Only the password's own characters are replaced; every other byte stays, whatever the app's parser makes of it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from .errors import SetupError

# As Django's and SQLAlchemy's parsers know them; `+driver` may follow.
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
ELSEWHERE = frozenset(
    {"user", "username", "password", "host", "hostaddr", "port", "dbname", "service", "passfile"}
)


def is_url(text: str) -> bool:
    """Whether a secret is a URL of a database that can be rotated."""
    scheme, separator, _ = text.strip().partition("://")
    return bool(separator) and scheme.lower().partition("+")[0] in ENGINES


def parse(text: str) -> dict[str, Any]:
    """Read the login as a document has it.

    Raises:
        SetupError: It has parts that can't be told apart, or several hosts.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise SetupError(
            "the URL can't be read: a special character in it must be written as %XX"
        ) from None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if ELSEWHERE & query.keys():
        raise SetupError("the URL has the login in its query: write it before the host")
    userinfo, at, place = parts.netloc.rpartition("@")
    if not at or ":" not in userinfo or "," in place or not parts.hostname:
        raise SetupError(
            "the URL needs user, password and one host: scheme://user:password@host/name"
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
    """Return the URL with another password."""
    begin = text.index("://") + len("://")
    end = begin + len(urlsplit(text.strip()).netloc)
    at = text.rindex("@", begin, end)
    colon = text.index(":", begin, at)
    return text[: colon + 1] + quote(password, safe="") + text[at:]
