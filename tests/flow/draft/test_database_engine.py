from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions
from shield_ai.flow.draft.app_draft import draft_manifest
from shield_ai.model.manifest import Rotation

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
import os

USER = os.environ["DB_USER"]
PASSWORD = os.environ["DB_PASSWORD"]
HOST = os.environ["DB_HOST"]
PORT = os.environ.get("DB_PORT", "3306")
"""
URL = 'URI = f"{scheme}://{{USER}}:{{PASSWORD}}@db:{{PORT}}/shop"\n'.format


def drafted_rotation(folder: Path, **files: str) -> Rotation | str | None:
    for name, text in {"config": CONFIG, **files}.items():
        (folder / {"env": ".env", "example": ".env.example"}.get(name, f"{name}.py")).write_text(
            text
        )
    [secret] = draft_manifest(AppContext(folder, AppOptions())).manifest.secret
    return secret.rotate


@pytest.mark.parametrize(
    ("files", "engine"),
    [
        pytest.param({"config": CONFIG + URL(scheme="mysql+pymysql")}, "mysql", id="MySQL"),
        pytest.param({"db": URL(scheme="mariadb")}, "mysql", id="MariaDB in another module"),
        pytest.param({"config": CONFIG + URL(scheme="postgresql+asyncpg")}, "postgres", id="PostgreSQL"),
        pytest.param({"db": 'URL.create("mysql+aiomysql", username=USER)'}, "mysql", id="drivername"),
        pytest.param({"db": "import psycopg\n"}, "postgres", id="driver"),
        pytest.param({"db": "import MySQLdb as db\n"}, "mysql", id="MySQL driver"),
        pytest.param({"env": "URI=mysql://db/shop\n"}, "mysql", id=".env"),
        pytest.param({"example": "ENGINE=django.db.backends.mysql\n"}, "mysql", id="example"),
        pytest.param({"config": CONFIG + "DEV = 'sqlite:///dev.db'\n" + URL(scheme="mysql")}, "mysql", id="SQLite, too"),
        pytest.param({"db": URL(scheme="mysql") + "from django.db.backends.signals import connection_created\n"}, "mysql", id="signals"),
        pytest.param({"db": URL(scheme="mysql") + "LOGGER = 'django.db.backends.schema'\n"}, "mysql", id="logger"),
        pytest.param({"db": URL(scheme="mysql") + "DEV = 'django.contrib.gis.db.backends.spatialite'\n"}, "mysql", id="SpatiaLite, too"),
        pytest.param({"test_db": URL(scheme="postgresql"), "db": URL(scheme="mysql")}, "mysql", id="not in tests"),
    ],
)  # fmt: skip
def test_writes_the_engine_that_the_app_names(tmp_path, files, engine):
    assert drafted_rotation(tmp_path, **files) == Rotation(every="30 days", engine=engine)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="none"),
        pytest.param({"db": URL(scheme="mssql+pyodbc")}, id="unsupported"),
        pytest.param({"db": "ENGINE = 'django.db.backends.oracle'\n"}, id="unsupported backend"),
        pytest.param({"db": URL(scheme="mysql") + URL(scheme="postgresql")}, id="two"),
        pytest.param({"db": URL(scheme="redis")}, id="not a database"),
    ],
)
def test_proposes_no_rotation_without_an_engine(tmp_path, files):
    assert drafted_rotation(tmp_path, **files) == "manual"


def test_variables_that_name_the_engine_are_enough(tmp_path):
    config = CONFIG.replace("DB_", "MYSQL_")
    assert drafted_rotation(tmp_path, config=config) == Rotation(every="30 days")
