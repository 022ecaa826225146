from __future__ import annotations

import tomllib

import pytest
from shield_helpers import run

SETTINGS = """\
import os

SECRET_KEY = os.environ["SECRET_KEY"]
DATABASE = os.environ["DATABASE_URL"]
JWT_SECRET = os.environ["JWT_SECRET"]
if os.environ.get("REDIS_URL"):
    CACHES = {"default": {"LOCATION": os.environ["REDIS_URL"]}}
MAILGUN = os.environ["MAILGUN_API_KEY"]
"""
VARIABLES = ("SECRET_KEY", "DATABASE_URL", "JWT_SECRET", "REDIS_URL", "MAILGUN_API_KEY")
NOTE = "is empty in the app's .env file"


@pytest.fixture
def app(tmp_path):
    (tmp_path / "manage.py").write_text("")
    (tmp_path / "settings.py").write_text(SETTINGS)
    return tmp_path


def drafted(app):
    """Return the optional variables of the draft, and what the command said."""
    done = run("draft", cwd=app)
    assert done.code == 0, done.text
    secrets = tomllib.loads((app / "shield.toml").read_text())["secret"]
    return {secret["env"] for secret in secrets if secret.get("optional")}, done.text


def test_secrets_with_an_empty_variable_are_optional(app):
    (app / ".env").write_text("".join(f"{name}=\n" for name in VARIABLES))
    optional, text = drafted(app)
    assert optional == {"REDIS_URL", "MAILGUN_API_KEY"}
    assert f"redis-url: optional, because REDIS_URL {NOTE}\n" in text
    assert f"mailgun-api-key: optional, because MAILGUN_API_KEY {NOTE}\n" in text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="no file"),
        pytest.param("REDIS_URL=redis://redis\nMAILGUN_API_KEY=key\n", id="values"),
        pytest.param("# REDIS_URL=\n", id="comment"),
    ],
)
def test_other_secrets_stay_required(app, content):
    if content is not None:
        (app / ".env").write_text(content)
    optional, text = drafted(app)
    assert optional == set()
    assert NOTE not in text


def test_listed_secrets_are_not_changed(app):
    drafted(app)
    before = (app / "shield.toml").read_text()
    (app / ".env").write_text("REDIS_URL=\n")
    optional, _ = drafted(app)
    assert optional == set()
    assert (app / "shield.toml").read_text() == before


COMPOSE = """\
services:
  web:
    image: shop
    environment:
      MAILGUN_API_KEY: %s
"""


@pytest.mark.parametrize(
    ("value", "is_told"),
    [
        pytest.param("${MAILGUN_API_KEY}", True, id="reference"),
        pytest.param("$OTHER", True, id="reference to another name"),
        pytest.param("${MAILGUN_API_KEY:?}", False, id="demanded"),
        pytest.param("${MAILGUN_API_KEY?not set}", False, id="demanded with a message"),
        pytest.param("a8Kx0Lw2", False, id="value"),
    ],
)
def test_tells_of_keys_that_compose_may_pass_on_empty(app, value, is_told):
    (app / "docker-compose.prod.yml").write_text(COMPOSE % value)
    optional, text = drafted(app)
    assert optional == set()
    line = "mailgun-api-key: required, although docker-compose.prod.yml passes on an empty value"
    assert (line in text) == is_told
