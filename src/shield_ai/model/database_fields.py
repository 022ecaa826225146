"""Recognize the variables of database credentials by their names."""

from __future__ import annotations

from shield_ai.model.words import word_set, words

DATABASE_WORDS = word_set("""
    DB DATABASE POSTGRES POSTGRESQL PG PSQL MYSQL MARIADB SQL MSSQL ORACLE RDS SQLSERVER DBASE
    TIMESCALE COCKROACH PGSQL
""")
# Field of a database secret -> last words of its variable.
DATABASE_FIELDS = {
    "database": frozenset({"NAME", "DB", "DATABASE", "DBNAME"}),
    "username": frozenset({"USER", "USERNAME", "LOGIN"}),
    "password": frozenset({"PASSWORD", "PASS", "PASSWD", "PWD", "PW"}),
    "host": frozenset({"HOST", "HOSTNAME", "SERVER", "ADDRESS", "ADDR", "SERVICE"}),
    "port": frozenset({"PORT"}),
}


def database_field(variable: str) -> tuple[str, str] | None:
    """Split a database variable into prefix and field: `DB_USER` gives `("DB", "username")`."""
    *prefix, ending = words(variable) or ("",)
    if DATABASE_WORDS & set(prefix):
        for field, endings in DATABASE_FIELDS.items():
            if ending in endings:
                return "_".join(prefix), field
    if not prefix:
        return _joined_database_field(ending)
    return None


def _joined_database_field(word: str) -> tuple[str, str] | None:
    """Split a variable without underscore: `PGPASSWORD` gives `("PG", "password")`."""
    for field, endings in DATABASE_FIELDS.items():
        for prefix in ("DB", "PG", "DATABASE"):
            if word.startswith(prefix) and word[len(prefix) :] in endings:
                return prefix, field
    return None
