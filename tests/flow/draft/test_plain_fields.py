from __future__ import annotations

import json

import pytest
from shield_helpers import run

BRANCHES = """\
import os

if os.getenv("SQLITE") == "True":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("DB_NAME", "/var/shop/db.sqlite3"),
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ.get("DB_NAME"),
            "USER": os.environ.get("DB_USER"),
            "PASSWORD": os.environ.get("DB_PASSWORD"),
            "HOST": os.environ.get("DB_HOST"),
        }
    }
"""


@pytest.fixture
def app(tmp_path):
    (tmp_path / "manage.py").write_text("")
    (tmp_path / "requirements.txt").write_text("boto3\n")
    return tmp_path


def planned(app):
    done = run("plan", "--only", "code", "--json", cwd=app)
    assert done.code == 0, done.text
    return json.loads(done.out)


def drafted(app):
    done = run("draft", cwd=app)
    assert done.code == 0, done.text
    return (app / "shield.toml").read_text()


def test_the_name_of_an_sqlite_database_stays(app):
    (app / "settings.py").write_text(BRANCHES)
    text = run("plan", "--only", "code", cwd=app).text
    assert (
        "settings.py\n      DB_NAME:7, DB_NAME:14\n"
        "      the name of an SQLite database in at least one of the settings\n"
    ) in text
    skipped = planned(app)["skipped"]
    assert [(skip["line"], skip["id"]) for skip in skipped] == [
        (7, "sqlite-name"),
        (14, "sqlite-name"),
    ]
    manifest = drafted(app)
    assert "DB_NAME" not in manifest
    assert 'username = "DB_USER", password = "DB_PASSWORD", host = "DB_HOST"' in manifest
    assert 'rotate = "manual"' in manifest


def test_a_database_of_another_engine_keeps_its_name(app):
    (app / "settings.py").write_text(BRANCHES.replace("sqlite3", "mysql"))
    assert 'database = "DB_NAME"' in drafted(app)


def test_a_listed_name_of_an_sqlite_database_moves(app):
    (app / "settings.py").write_text(BRANCHES)
    manifest = drafted(app).replace("{ username", '{ database = "DB_NAME", username')
    (app / "shield.toml").write_text(manifest)
    assert planned(app)["skipped"] == []
