from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.finding import Kind
from shield_ai.model.manifest import SECRET_NAME
from shield_ai.model.naming import ARN_SUFFIX, env_var_name, guess_kind, secret_name

GENERIC = {"secret", "password", "token", "key", "secret-key"}


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("EMAIL_HOST_PASSWORD", "email-host-password"),
        ("CLIENT_SECRET", "client-secret-value"),
        ("BEARER_COOKIE", "bearer-cookie-value"),
        ("_API__KEY", "api-key"),
        ("PASSWORD", "app-password"),
        ("SECRET", "app-secret-value"),
        ("SECRET_KEY", "app-secret-key"),
        ("MAIL_PASSWORD", "mail-password"),
        ("RAYGUN_APIKEY", "raygun-api-key"),
        ("APIKEYS_OLD", "api-keys-old"),
        ("MYAPIKEY", "myapikey"),
        ("___", "app-secret-value"),
    ],
)
def test_secret_name(variable, name):
    assert secret_name(variable) == name


@given(variable=st.from_regex(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+){0,4}", fullmatch=True))
def test_secret_names_are_valid_and_reversible(variable):
    name = secret_name(variable)
    assert SECRET_NAME.fullmatch(name)
    assert not ARN_SUFFIX.search(name)
    assert "_" not in name
    assert name not in GENERIC
    if not {"APIKEY", "APIKEYS"}.intersection(variable.split("_")):
        assert variable in env_var_name(name)


@pytest.mark.parametrize(
    ("variable", "what"),
    [
        ("DATABASE_URL", Kind.URL),
        ("SENTRY_DSN", Kind.URL),
        ("SLACK_WEBHOOK_URL", Kind.URL),
        ("DB_PASSWORD", Kind.PASSWORD),
        ("STRIPE_KEY", Kind.API_KEY),
        ("GITHUB_TOKEN", Kind.API_KEY),
        ("CLIENT_SECRET", Kind.GENERIC),
        ("EMAIL_TOKEN_SALT", Kind.GENERIC),
        ("SHOP_DJANGO_KEY", Kind.GENERIC),
        ("DJANGO_MAILGUN_API_KEY", Kind.API_KEY),
        ("DJANGO_AWS_SECRET_ACCESS_KEY", Kind.API_KEY),
        ("DJANGO_GITHUB_TOKEN", Kind.API_KEY),
    ],
)
def test_guess_kind(variable, what):
    assert guess_kind(variable) is what
