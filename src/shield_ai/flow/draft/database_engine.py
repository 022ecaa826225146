"""Find the database engine that an app uses, for the rotation of its login."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.database_fields import backend_engine
from shield_ai.model.errors import SourceError
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation
from shield_ai.model.naming import DOTENV
from shield_ai.model.rotation_policy import rotation_settings
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rotator.url import ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.manifest import Secret
    from shield_ai.project.tree import Tree
    from shield_ai.scan.python.scan import Scan

# The scheme of a URL, also without the rest: "mysql+pymysql://", drivername="postgresql+asyncpg".
_SCHEME = regex(
    rb"\b(?P<scheme>postgres(?:ql)?|pgsql|postgis|mysql2?|mysqlgis|mariadb|oracle|mssql"
    rb"|cockroachdb)(?:\+[a-z]\w{1,30}(?:://|[\"'])|://)"
)
# Not other modules, such as django.db.backends.signals, and not SQLite, which has no login.
_BACKEND = regex(
    rb"\bdjango\.(?:contrib\.gis\.)?db\.backends\."
    rb"(?P<backend>postgresql(?:_psycopg2)?|postgis|mysql|oracle)\b"
)
_DRIVER = regex(
    rb"(?m)^[ \t]*(?:import|from)[ \t]+"
    rb"(?:(?P<postgres>psycopg2?|asyncpg|aiopg|pg8000)"
    rb"|(?P<mysql>pymysql|MySQLdb|aiomysql|asyncmy|mysql\.connector|mariadb))\b"
)


def with_engine(secrets: Iterable[Secret], tree: Tree, scan: Scan) -> Iterator[Secret]:
    """Yield new secrets, with the engine of the app's database in each rotation without one.

    If the app has no engine that can be rotated, or several, the rotation is "manual".

    Args:
        secrets: The new secrets.
        tree: The app's folder.
        scan: The scan that the secrets were drafted from.
    """
    engines: set[str] | None = None
    for secret in secrets:
        rotation = secret.rotate
        if (
            secret.kind is not Kind.DATABASE
            or not isinstance(rotation, Rotation)
            or rotation_settings(secret).get("ROTATION_ENGINE")
        ):
            yield secret
            continue
        if engines is None:
            engines = set(_find_engines(tree, scan))
        [engine] = engines if len(engines) == 1 else {""}
        named = msgspec.structs.replace(rotation, engine=engine) if engine else "manual"
        yield msgspec.structs.replace(secret, rotate=named)


def _find_engines(tree: Tree, scan: Scan) -> Iterator[str]:
    """Yield the engine of each URL, backend and driver in the app; "" if it can't be rotated."""
    for path in (*scan.files, *scan.facts.env_examples, DOTENV):
        raw = None
        with contextlib.suppress(SourceError):
            raw = tree.read(path)
        yield from _engines_in(raw or b"")


def _engines_in(raw: bytes) -> Iterator[str]:
    for match in _SCHEME.finditer(raw):
        yield ENGINES.get(match["scheme"].decode(), "")
    for match in _BACKEND.finditer(raw):
        yield backend_engine(match["backend"].decode())
    for match in _DRIVER.finditer(raw):
        yield match.lastgroup or ""
