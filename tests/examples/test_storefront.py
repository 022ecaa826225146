"""Tests of the sample shop, a typical Django project that reads its secrets in many ways."""

from __future__ import annotations

import ast
import json
import os
import secrets
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from django.core import signing

from shield_ai.sandbox import WebApp, copy_sample

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop

MODULES = ["storefront.settings", "storefront.settings.base", "storefront.settings.production"]
NAMES = [
    "CACHES",
    "CELERY_BROKER_URL",
    "DATABASES",
    "DEBUG",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_PORT",
    "INVOICE_SIGNING_KEY",
    "SEARCH_API_KEY",
    "SECRET_KEY",
    "SENTRY_DSN",
    "STRIPE_SECRET_KEY",
]
DUMP = f"""
import json
from django.conf import settings
import django
django.setup()
found = {{name: getattr(settings, name, "(unset)") for name in {NAMES}}}
found["webhook is bytes"] = isinstance(settings.PAYMENT_WEBHOOK_SECRET, bytes)
print(json.dumps(found))
"""
REQUIRED = [
    "SECRET_KEY",
    "DATABASE_PASSWORD",
    "REPORTING_DATABASE_URL",
    "RABBITMQ_PASSWORD",
    "PAYMENT_WEBHOOK_SECRET",
    "SEARCH_API_KEY",
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_sample(tmp_path_factory.mktemp("app") / "storefront")


@pytest.fixture
def env() -> dict[str, str]:
    password = secrets.token_hex(8)
    return {name: secrets.token_hex(8) for name in [*REQUIRED, "INVOICE_SIGNING_KEY"]} | {
        "REPORTING_DATABASE_URL": f"postgres://reporting:{password}@db.example.com:5433/reports"
    }


def run(
    app: Path, env: dict[str, str], *argv: str, settings: str = MODULES[0]
) -> subprocess.CompletedProcess[str]:
    base = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": settings,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, *argv],
        cwd=app,
        env=base | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def load(app: Path, env: dict[str, str], settings: str = MODULES[0]) -> dict[str, Any]:
    done = run(app, env, "-c", DUMP, settings=settings)
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


@pytest.mark.parametrize("module", MODULES)
def test_settings_load_from_the_environment(app: Path, env: dict[str, str], module: str) -> None:
    env |= {"DATABASE_PORT": "6000", "DEBUG": "true"}
    found = load(app, env, module)
    default, reporting = found["DATABASES"]["default"], found["DATABASES"]["reporting"]
    assert found["SECRET_KEY"] == env["SECRET_KEY"]
    assert (default["PASSWORD"], default["PORT"]) == (env["DATABASE_PASSWORD"], "6000")
    assert (reporting["HOST"], reporting["PORT"], reporting["NAME"]) == (
        "db.example.com",
        5433,
        "reports",
    )
    assert f":{reporting['PASSWORD']}@" in env["REPORTING_DATABASE_URL"]
    assert found["CELERY_BROKER_URL"] == f"amqp://shop:{env['RABBITMQ_PASSWORD']}@localhost:5672//"
    assert found["SEARCH_API_KEY"] == env["SEARCH_API_KEY"]
    assert found["webhook is bytes"] is True
    production = module.endswith("production")
    assert found["INVOICE_SIGNING_KEY"] == (env["INVOICE_SIGNING_KEY"] if production else "(unset)")
    assert found["DEBUG"] is not production


def test_optional_settings_have_defaults(app: Path, env: dict[str, str]) -> None:
    found = load(app, env)
    assert found["CACHES"]["default"]["BACKEND"].endswith("LocMemCache")
    assert (found["SENTRY_DSN"], found["EMAIL_HOST_PASSWORD"], found["EMAIL_PORT"]) == (
        None,
        "",
        587,
    )


def test_cache_url_contains_the_password(app: Path, env: dict[str, str]) -> None:
    url = f"redis://:{secrets.token_hex(8)}@cache.example.com:6379/0"
    cache = load(app, env | {"CACHE_URL": url})["CACHES"]["default"]
    assert cache["BACKEND"] == "django.core.cache.backends.redis.RedisCache"
    assert cache["LOCATION"] == url


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("module", ["storefront.settings", "storefront.settings.production"])
def test_required_variables_are_required_in_every_module(
    app: Path, env: dict[str, str], name: str, module: str
) -> None:
    del env[name]
    done = run(app, env, "-c", DUMP, settings=module)
    assert done.returncode == 1
    assert name in done.stderr.strip().split("\n")[-1]


def test_environment_takes_precedence_over_the_env_file(shop: Shop) -> None:
    other = secrets.token_hex(8)
    assert load(shop.folder, {"SECRET_KEY": other})["SECRET_KEY"] == other
    assert load(shop.folder, {})["SECRET_KEY"] == shop.secrets["SECRET_KEY"].reveal()


def test_example_env_file_lists_all_secrets_without_values(app: Path, shop: Shop) -> None:
    lines = [line.lstrip("#") for line in (app / ".env.example").read_text().split("\n")]
    named = {name: value for name, eq, value in (line.partition("=") for line in lines) if eq}
    assert set(shop.secrets) <= set(named)
    assert not any(named[name] for name in shop.secrets)


def test_django_checks_pass(shop: Shop) -> None:
    done = run(shop.folder, {}, "manage.py", "check", "--fail-level=WARNING", settings=MODULES[2])
    assert done.returncode == 0, done.stderr
    done = run(shop.folder, {}, "manage.py", "makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr


def test_secrets_are_used(shop: Shop, tmp_path: Path) -> None:
    """Check with HTTP requests that the app uses the generated secrets."""
    with WebApp.start(shop.folder, {"PATH": os.environ["PATH"]}, tmp_path / "log") as web:
        ours, theirs = (
            signing.TimestampSigner(key=key, salt="shop.order", fallback_keys=[]).sign_object(999)
            for key in (shop.secrets["SECRET_KEY"].reveal(), secrets.token_hex())
        )
        # a valid link to an order that does not exist
        assert web.request("GET", f"/orders/{ours}/")[0] == 404
        assert web.request("GET", f"/orders/{theirs}/")[0] == 403
        assert web.accepts_webhook(shop.secrets["PAYMENT_WEBHOOK_SECRET"])
        assert not web.accepts_webhook(shop.secrets["SECRET_KEY"])


def test_reads_secrets_in_all_supported_ways(app: Path) -> None:
    code = "\n".join(
        (app / "storefront/settings" / name).read_text() for name in ("base.py", "production.py")
    )
    for shape in (
        'os.environ["SECRET_KEY"]',
        'os.environ.get("DATABASE_USER", "storefront")',
        'os.environ.get("SENTRY_DSN")',
        'os.getenv("EMAIL_HOST_PASSWORD", "")',
        "from os import environ as env_vars",
        'env("SEARCH_API_KEY")',
        'env.db("REPORTING_DATABASE_URL")',
        'env.cache("CACHE_URL"',
        'config("PAYMENT_WEBHOOK_SECRET", cast=str.encode)',
        'f"amqp://',
        'STRIPE_SECRET_KEY = "sk_test_',
        "from .base import *",
    ):
        assert shape in code, shape


def test_every_file_has_valid_syntax(app: Path) -> None:
    files = list(app.rglob("*.py"))
    assert len(files) > 10
    for path in files:
        ast.parse(path.read_bytes(), str(path))
