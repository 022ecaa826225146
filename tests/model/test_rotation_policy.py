from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation, Secret
from shield_ai.model.rotation_policy import (
    manual_fields,
    next_rotation,
    rotation_settings,
    rotation_strategy,
)


def rotate(**more):
    return Rotation(every="30 days", **more)


@pytest.mark.parametrize(
    ("kind", "how", "name"),
    [
        pytest.param(Kind.DATABASE, None, "single-user", id="a database"),
        pytest.param(
            Kind.DATABASE,
            rotate(admin="a"),
            "alternating-users",
            id="a database with an administrator",
        ),
        pytest.param(
            Kind.DATABASE,
            rotate(strategy="mysql-single-user"),
            "mysql-single-user",
            id="as it says",
        ),
        pytest.param(Kind.DJANGO_SECRET_KEY, "manual", "django-secret-key", id="Django's key"),
        pytest.param(Kind.API_KEY, rotate(), "", id="an API key without a hook: by hand"),
        pytest.param(
            Kind.API_KEY, rotate(hook="ops/keys.py"), "api-key", id="an API key with a hook"
        ),
        pytest.param(
            Kind.API_KEY, rotate(strategy="api-key"), "", id="named, and still without a hook"
        ),
        pytest.param(
            Kind.API_KEY, rotate(strategy="random-value"), "random-value", id="our own key"
        ),
        pytest.param(Kind.PASSWORD, rotate(), "", id="a password of who knows what"),
        pytest.param(Kind.GENERIC, None, "", id="anything"),
    ],
)
def test_strategy(kind, how, name):
    assert rotation_strategy(Secret(name="s", kind=kind, env="S", rotate=how)) == name


def test_what_the_function_is_told():
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


def test_due():
    last = datetime(2026, 1, 1, tzinfo=UTC)
    assert next_rotation(Secret(name="s", env="S", rotate=rotate()), last) == datetime(
        2026, 1, 31, tzinfo=UTC
    )
    assert next_rotation(Secret(name="s", env="S", rotate="manual"), last) is None
    assert next_rotation(Secret(name="s", env="S"), last) is None


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        pytest.param(None, ("",), id="a text"),
        pytest.param({"username": "A", "password": "B"}, ("",), id="the usual field"),
        pytest.param({"client_id": "A", "client_secret": "B"}, ("client_secret",), id="a client keeps its name"),
        pytest.param({"access_key_id": "A", "secret_access_key": "B"}, ("access_key_id", "secret_access_key"), id="a pair"),
    ],
)  # fmt: skip
def test_what_a_person_brings(fields, asked):
    secret = Secret(name="s", env=None if fields else "S", fields=fields)
    assert manual_fields(secret) == asked
    assert rotation_settings(secret).get("ROTATION_FIELD", "") == (
        asked[0] if len(asked) == 1 else ""
    )
