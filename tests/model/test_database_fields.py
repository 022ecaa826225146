from __future__ import annotations

import pytest

from shield_ai.model.database_fields import database_field, is_sqlite


@pytest.mark.parametrize(
    ("variable", "field"),
    [
        ("DB_USER", ("DB", "username")),
        ("POSTGRES_DB", ("POSTGRES", "database")),
        ("PGPASSWORD", ("PG", "password")),
        ("MYSQLPASSWORD", ("MYSQL", "password")),  # of Railway
        ("DBHOST", ("DB", "host")),
        ("REPORTING_DATABASE_PORT", ("REPORTING_DATABASE", "port")),
        ("EMAIL_HOST", None),
        ("DB_ENGINE", None),
        ("HOST", None),
    ],
)
def test_database_field(variable, field):
    assert database_field(variable) == field


@pytest.mark.parametrize(
    ("backend", "is_file"),
    [
        ("django.db.backends.sqlite3", True),
        ("django.contrib.gis.db.backends.spatialite", True),
        ("django.contrib.gis.db.backends.postgis", False),
    ],
)
def test_is_sqlite(backend, is_file):
    assert is_sqlite(backend) is is_file
