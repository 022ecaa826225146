"""Recognize the variables of database credentials by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.words import word_set, words

if TYPE_CHECKING:
    from collections.abc import Iterable

DATABASE_WORDS = word_set("""
    DB DATABASE POSTGRES POSTGRESQL PG PSQL MYSQL MARIADB SQL MSSQL ORACLE RDS SQLSERVER DBASE
    TIMESCALE COCKROACH PGSQL
""")
DATABASE_ENGINES = ("postgres", "mysql")
# Last part of a Django backend -> engine.
_BACKEND_ENGINES = {
    "postgresql": "postgres",
    "postgresql_psycopg2": "postgres",
    "postgis": "postgres",
    "mysql": "mysql",
}
# Engine -> words in the names of its variables.
_ENGINE_WORDS = {
    "postgres": word_set("POSTGRES POSTGRESQL PG PSQL PGSQL"),
    "mysql": word_set("MYSQL MARIADB"),
}
# Key in a dict of database settings -> field of a database secret.
DATABASE_KEYS = {
    "NAME": "database",
    "USER": "username",
    "PASSWORD": "password",
    "HOST": "host",
    "PORT": "port",
}
# Field of a database secret -> last words of its variable.
DATABASE_FIELDS = {
    "database": frozenset({"NAME", "DB", "DATABASE", "DBNAME"}),
    "username": frozenset({"USER", "USERNAME", "LOGIN"}),
    "password": frozenset({"PASSWORD", "PASS", "PASSWD", "PWD", "PW"}),
    "host": frozenset({"HOST", "HOSTNAME", "SERVER", "ADDRESS", "ADDR", "SERVICE"}),
    "port": frozenset({"PORT"}),
}


def database_field(variable: str) -> tuple[str, str] | None:
    """Split a database variable into prefix and field: `DB_USER` gives `("DB", "username")`.

    Returns:
        None if the name is not that of a database variable.
    """
    *prefix, ending = words(variable) or ("",)
    if DATABASE_WORDS & set(prefix):
        for field, endings in DATABASE_FIELDS.items():
            if ending in endings:
                return "_".join(prefix), field
    if not prefix:
        return _joined_database_field(ending)
    return None


def is_database_password(name: str) -> bool:
    """Return whether a name, which can be dotted, is that of a database password."""
    _, field = database_field(name.rpartition(".")[2].upper()) or ("", "")
    return field == "password"


def named_engine(variables: Iterable[str]) -> str:
    """Return the database engine that the variables' names suggest.

    Returns:
        The engine; empty if the names suggest none or several.
    """
    found: set[str] = set()
    for variable in variables:
        prefix, _ = database_field(variable) or ("", "")
        for engine, engine_words in _ENGINE_WORDS.items():
            if not engine_words.isdisjoint(words(prefix)):
                found.add(engine)
    return found.pop() if len(found) == 1 else ""


def backend_engine(backend: str) -> str:
    """Return the engine of a Django backend, the value of ENGINE; empty if it is not supported."""
    return _BACKEND_ENGINES.get(backend.rpartition(".")[2], "")


def is_sqlite(backend: str) -> bool:
    """Return whether a Django backend, the value of ENGINE, is for SQLite."""
    return "sqlite" in backend or backend.endswith(".spatialite")


def _joined_database_field(word: str) -> tuple[str, str] | None:
    """Split a variable without underscores: `PGPASSWORD` gives `("PG", "password")`."""
    for field, endings in DATABASE_FIELDS.items():
        for prefix in ("DB", "PG", "MYSQL", "DATABASE"):
            if word.startswith(prefix) and word[len(prefix) :] in endings:
                return prefix, field
    return None
