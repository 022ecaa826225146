from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation, Secret
from shield_ai.model.rotation_policy import (
    ManualKind,
    manual_kind,
    manually_rotated_fields,
    next_rotation,
    rotation_settings,
    rotation_strategy,
)
from shield_ai.rotator.errors import SetupError
from shield_ai.rotator.selection import strategy_name


def rotate(**more):
    return Rotation(every="30 days", **more)


@pytest.mark.parametrize(
    ("kind", "how", "name"),
    [
        pytest.param(Kind.DATABASE, None, "single-user", id="database"),
        pytest.param(
            Kind.DATABASE,
            rotate(admin="a"),
            "alternating-users",
            id="database with an administrator",
        ),
        pytest.param(
            Kind.DATABASE,
            rotate(strategy="mysql-single-user"),
            "mysql-single-user",
            id="explicit strategy",
        ),
        pytest.param(Kind.DJANGO_SECRET_KEY, "manual", "django-secret-key", id="Django's key"),
        pytest.param(Kind.API_KEY, rotate(), "", id="API key without a hook"),
        pytest.param(Kind.API_KEY, rotate(hook="ops/keys.py"), "api-key", id="API key with a hook"),
        pytest.param(
            Kind.API_KEY, rotate(strategy="api-key"), "", id="explicit api-key without a hook"
        ),
        pytest.param(
            Kind.API_KEY,
            rotate(strategy="random-value"),
            "random-value",
            id="explicit random-value",
        ),
        pytest.param(Kind.PASSWORD, rotate(), "", id="password"),
        pytest.param(Kind.GENERIC, None, "", id="generic"),
    ],
)
def test_rotation_strategy(kind, how, name):
    assert rotation_strategy(Secret(name="s", kind=kind, env="S", rotate=how)) == name


@pytest.mark.parametrize(
    ("fields", "strategy"),
    [
        pytest.param({"password": "POSTGRES_PASSWORD"}, "postgres-single-user", id="POSTGRES"),
        pytest.param({"password": "SHOP_PG_PASSWORD"}, "postgres-single-user", id="PG"),
        pytest.param({"password": "PGPASSWORD"}, "postgres-single-user", id="joined"),
        pytest.param({"password": "MYSQL_PASSWORD"}, "mysql-single-user", id="MYSQL"),
        pytest.param({"password": "DB_PASSWORD"}, "", id="no name of an engine"),
        pytest.param(
            {"password": "MYSQL_PASSWORD", "username": "POSTGRES_USER"}, "", id="both names"
        ),
    ],
)
def test_variables_name_the_engine_of_a_secret_without_one(fields, strategy):
    secret = Secret(name="db", kind=Kind.DATABASE, fields=fields, rotate=rotate())
    settings = rotation_settings(secret)
    try:
        found = strategy_name('{"host": "h", "password": "p"}', settings)
    except SetupError:
        found = ""
    assert found == strategy
    document = '{"engine": "mariadb", "port": 5432, "password": "p"}'
    assert strategy_name(document, settings) == "mysql-single-user"


def test_rotation_settings():
    secret = Secret(
        name="s",
        kind=Kind.API_KEY,
        env="S",
        rotate=rotate(
            hook="ops/keys.py", ca="ops/ca.pem", admin="db-admin", sslmode="require", window="3h"
        ),
    )
    assert rotation_settings(secret) == {
        "ROTATION_STRATEGY": "api-key",
        "ROTATION_HOOK": "keys",
        "ROTATION_HOOK_FILE": "ops/keys.py",
        "ROTATION_CA_FILE": "ops/ca.pem",
        "ROTATION_ADMIN": "db-admin",
        "ROTATION_SSLMODE": "require",
    }


def test_next_rotation():
    last = datetime(2026, 1, 1, tzinfo=UTC)
    assert next_rotation(Secret(name="s", env="S", rotate=rotate()), last) == datetime(
        2026, 1, 31, tzinfo=UTC
    )
    assert next_rotation(Secret(name="s", env="S", rotate="manual"), last) is None
    assert next_rotation(Secret(name="s", env="S"), last) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(None, ("",), id="single value"),
        pytest.param({"username": "A", "password": "B"}, ("",), id="default field"),
        pytest.param({"client_id": "A", "client_secret": "B"}, ("client_secret",), id="OAuth client"),
        pytest.param({"access_key_id": "A", "secret_access_key": "B"}, ("access_key_id", "secret_access_key"), id="key pair"),
        pytest.param({"key": "A", "secret": "B"}, ("key", "secret"), id="key pair with short names"),
    ],
)  # fmt: skip
def test_manual_fields(fields, expected):
    secret = Secret(name="s", env=None if fields else "S", fields=fields)
    assert manually_rotated_fields(secret) == expected
    assert rotation_settings(secret).get("ROTATION_FIELD", "") == (
        expected[0] if len(expected) == 1 else ""
    )


@pytest.mark.parametrize(
    ("kind", "variable", "expected"),
    [
        (Kind.API_KEY, "STRIPE_API_KEY", ManualKind.PROVIDER_KEY),
        (Kind.GENERIC, "GITHUB_CLIENT_SECRET", ManualKind.PROVIDER_KEY),
        (Kind.GENERIC, "STRIPE_WEBHOOK_SIGNING_SECRET", ManualKind.PROVIDER_KEY),
        (Kind.PASSWORD, "EMAIL_HOST_PASSWORD", ManualKind.PASSWORD),
        (Kind.URL, "REDIS_URL", ManualKind.URL),
        (Kind.API_KEY, "JWT_PRIVATE_KEY", ManualKind.OWN_KEY),
        (Kind.GENERIC, "JWT_SECRET", ManualKind.OWN_KEY),
        (Kind.API_KEY, "INVOICE_SIGNING_KEY", ManualKind.OWN_KEY),
        (Kind.API_KEY, "FERNET_KEY", ManualKind.OWN_KEY),
        (Kind.API_KEY, "SECRET_KEY", ManualKind.SESSION_KEY),
        (Kind.API_KEY, "FLASK_SECRET_KEY", ManualKind.SESSION_KEY),
        (Kind.GENERIC, "SESSION_SECRET", ManualKind.SESSION_KEY),
        (Kind.API_KEY, "STRIPE_SECRET_KEY", ManualKind.PROVIDER_KEY),
    ],
)
def test_the_kind_of_a_manual_rotation(kind, variable, expected):
    assert manual_kind(Secret(name="x", kind=kind, env=variable)) is expected
    fields = {"username": "SOME_USER", "password": variable}
    assert manual_kind(Secret(name="x", kind=kind, fields=fields)) is expected
