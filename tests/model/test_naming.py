from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.finding import Kind
from shield_ai.model.manifest import SECRET_NAME
from shield_ai.model.naming import (
    ARN_SUFFIX,
    Meaning,
    database_field,
    env_var_name,
    guess_kind,
    meaning,
    secret_name,
    words,
)

TABLE = {
    Meaning.SECRET: """SECRET_KEY DJANGO_SECRET_KEY PASSWORD DB_PASSWORD DBPASSWORD dbPassword EMAIL_HOST_PASSWORD
        SMTP_PASS DB_PWD GITHUB_TOKEN GITHUB_TOKENS SLACK_BOT_TOKEN STRIPE_KEY STRIPE_API_KEY API_KEYS stripe-api-key
        API_KEY_SENDGRID OPENAI_API_KEY JWT_PRIVATE_KEY PRIVATE_KEY AWS_SECRET_ACCESS_KEY CRYPTOGRAPHY_SALT
        GS_CREDENTIALS SECRET_KEY_FALLBACKS SECRET_KEY_FALLBACK SLACK_WEBHOOK_URL STRIPE_WEBHOOK_SECRET VERIFY_TOKEN
        ACCESS_TOKEN2 ES_HTTP_AUTH REMOTE_AUTH AZURE_ACCOUNT_KEY VCAP_SERVICES SOCIALACCOUNT_PROVIDERS DB_PASSWORD_PROD
        TELEGRAM_API_HASH SLACK_WEBHOOK DISCORD_HOOK ALERTS_TEAMS_WEBHOOK NEO4J_AUTH GITHUB_PAT ADMIN_PASSCODE
        WALLET_MNEMONIC GOOGLE_SERVICE_ACCOUNT_JSON FIREBASE_SERVICE_ACCOUNT_B64 RESET_TOKEN BOT_token""",
    Meaning.URL: """DATABASE_URL DB_URL POSTGRES_URI REDIS_TLS_URL REDISURL CELERY_BROKER CELERY_BROKER_URL
        RESULT_BACKEND CELERY_RESULT_BACKEND SQLALCHEMY_DATABASE_URI MONGODB_URI EMAIL_URL CACHE_LOCATION
        ELASTICSEARCH_URL AZURE_CONNECTION_STRING DATABASE_URL_REPLICA AMQP_URL
        NEO4J_URI DB_CONN_STRING MONGO_CONN_STR MSSQL_CONNSTR DB_CONN AIRFLOW__DATABASE__SQL_ALCHEMY_CONN REDIS_BACKEND""",
    Meaning.DSN: "SENTRY_DSN GLITCHTIP_DSN",
    Meaning.IDENTIFIER: "AWS_ACCESS_KEY_ID S3_ACCESS_KEY CELLAR_KEY_ID",
    Meaning.HARMLESS: """GITHUB_WEBHOOK_HOST_URL DJANGO_PASSWORD_HASH_ITERATIONS DEBUG ALLOWED_HOSTS EMAIL_HOST EMAIL_HOST_USER DB_HOST DB_NAME PORT AWS_STORAGE_BUCKET_NAME
        GOOGLE_CLIENT_ID PUBLIC_KEY STRIPE_PUBLISHABLE_KEY RECAPTCHA_SITE_KEY PASSWORD_HASHERS AUTH_PASSWORD_VALIDATORS
        PASSWORD_RESET_TIMEOUT TOKEN_URL TOKEN_LIFETIME SECRET_KEY_FILE CSRF_COOKIE_NAME CSRF_TOKEN USE_API_KEY
        OPENAI_MAX_TOKENS MAX_TOKENS CACHE_KEY SORT_KEY KEY_PREFIX KEY BASE_URL EMAIL_CONFIRMATION_URL EMAIL_BACKEND
        CORS_ALLOW_CREDENTIALS RATE_LIMIT_CREDENTIALS GOOGLE_APPLICATION_CREDENTIALS AWS_SECRET_NAME SECRET_ARN
        KMS_KEY_ID PASS_THROUGH SOCIAL_AUTH SITE_ID WEBHOOK_LOCATION JWT_AUTH_USERNAME_KEY LDAP_EMAIL_KEY GLOBAL_SURROGATE_KEY KAFKA_SSL_CA_LOCATION
        CRON_LOCK_KEY LOGIN_RATE_LIMIT_KEY USER_CHANGED_PASSWORD_DATE TOKEN_ISSUED_AT RESET_PASSWORD_LOCK_TIME
        TOKEN_PRICE MODEL_TOKEN_PRICES SHOW_FORGOT_PASSWORD SITE_FORGOT_PASSWORD auth_set_password RESET_PASSWORD
        PREVENT_PASSWORD_REUSE LOG_EXCLUDE_KEYS LOG_REDACT_KEYS IDENTIFYING_KEYS COMMON_PASSWORDS META_KEY
        STRIPE_WEBHOOK SLACK_WEBHOOK_ENABLED PASSWORD_HASH_HASH_ITERATIONS DB_MAX_CONN REDIS_CONN_MAX_AGE FILE_PAT
        SERVICE_ACCOUNT LDAP_AUTH PROXY_AUTH COMMIT_HASH CACHE_BACKEND CURRENCY_KEY COOKIE_REFRESH_TOKEN_KEY SECRET_KEY_CHARSET API_KEY_PUBLIC TOKEN_CHECKS SECRET_MASK NEXT_PUBLIC_STRIPE_KEY""",
}


@pytest.mark.parametrize(
    ("name", "what"),
    [pytest.param(n, what, id=n) for what, names in TABLE.items() for n in names.split()],
)
def test_meaning(name, what):
    assert meaning(name) is what


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("DB_PASSWORD", ("DB", "PASSWORD")),
        ("dbPassword", ("DB", "PASSWORD")),
        ("S3Key-id2", ("S", "3", "KEY", "ID", "2")),
    ],
)
def test_words(name, parts):
    assert words(name) == parts


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("EMAIL_HOST_PASSWORD", "email-host-password"),
        ("CLIENT_SECRET", "client_secret"),
        ("_API__KEY", "api-key"),
        ("___", "secret"),
    ],
)
def test_secret_name(variable, name):
    assert secret_name(variable) == name


@given(variable=st.from_regex(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+){0,4}", fullmatch=True))
def test_secret_names_are_valid_and_reversible(variable):
    name = secret_name(variable)
    assert SECRET_NAME.fullmatch(name)
    assert not ARN_SUFFIX.search(name)
    assert env_var_name(name) == variable


@given(name=st.text(max_size=40))
def test_every_name_has_a_meaning(name):
    assert meaning(name) in Meaning
    assert guess_kind(name) in Kind


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
    ],
)
def test_guess_kind(variable, what):
    assert guess_kind(variable) is what


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
