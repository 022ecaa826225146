from __future__ import annotations

import pytest

from shield_ai.model.database_fields import database_field


@pytest.mark.parametrize(
    ("variable", "field"),
    [
        ("DB_USER", ("DB", "username")),
        ("POSTGRES_DB", ("POSTGRES", "database")),
        ("PGPASSWORD", ("PG", "password")),
        ("DBHOST", ("DB", "host")),
        ("REPORTING_DATABASE_PORT", ("REPORTING_DATABASE", "port")),
        ("EMAIL_HOST", None),
        ("DB_ENGINE", None),
        ("HOST", None),
    ],
)
def test_database_field(variable, field):
    assert database_field(variable) == field
