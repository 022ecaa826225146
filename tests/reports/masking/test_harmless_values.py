from __future__ import annotations

import random
import string

import pytest
from scaling import assert_linear

from shield_ai.reports.masking.harmless_values import FORMS, is_harmless, is_message


def is_shown(name, text):
    return is_harmless((name,), name, text)


SHOWN = {
    "HOST": "localhost localhost:8000 127.0.0.1 0.0.0.0 ::1 db redis 10.0.0.5 192.168.1.20 postgres"
    " smtp.gmail.com smtp.sendgrid.net db.internal host.docker.internal",
    "ALLOWED_HOSTS": "* .example.com localhost,127.0.0.1",
    "INTERNAL_IPS": "127.0.0.1",
    "API_DOMAIN": "api.example.com",
    "PORT": "5432 25 65535",
    "TOKEN_EXPIRY_MINS": "720",
    "DB_SCHEMA": "public",
    "APP_NAME": "web-shop",
    "GIT_SHA": "development production",
    "ENGINE": "django.db.backends.postgresql django.db.backends.mysql django.contrib.gis.db.backends.postgis"
    " shop.db.postgresql",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend anymail.backends.mailgun.EmailBackend",
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache django_redis.cache.RedisCache"
    " django.template.backends.django.DjangoTemplates",
    "DEFAULT_FILE_STORAGE": "storages.backends.s3boto3.S3Boto3Storage",
    "INSTALLED_APPS": "django.contrib.admin rest_framework debug_toolbar django_celery_beat shop",
    "MIDDLEWARE": "django.middleware.security.SecurityMiddleware"
    " whitenoise.middleware.WhiteNoiseMiddleware",
    "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator db.sqlite3",
    "PASSWORD_HASHERS": "django.contrib.auth.hashers.Argon2PasswordHasher",
    "ROOT_URLCONF": "shop.urls",
    "WSGI_APPLICATION": "shop.wsgi.application",
    "DJANGO_SETTINGS_MODULE": "shop.settings",
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    "STATIC_URL": "/static/ https://cdn.example.com/static/ /",
    "SITE_URL": "http://localhost:8000 https://example.com/api/v1",
    "CACHE_URL": "locmem:// redis://cache",
    "REDIS_URL": "redis://localhost:6379/0 redis://redis:6379",
    "DEFAULT": "postgres:///shop",
    "DATABASE_URL": "sqlite:///db.sqlite3 postgres://localhost/storefront",
    "LOCATION": "redis://127.0.0.1:6379/1",
    "STATIC_ROOT": "staticfiles static/files",
    "LEVEL": "INFO",
    "DEBUG": "True false 0",
    "AWS_REGION": "eu-central-1 us-gov-west-1",
    "TIME_ZONE": "UTC Europe/Berlin",
    "OPENAI_MODEL": "gpt-4o-mini claude-sonnet-4-5 llama3.1:8b mistralai/mixtral-8x7b",
    "LANGUAGE_CODE": "en-us de",
    "SENTRY_ENVIRONMENT": "unknown",
    "SESSION_COOKIE_SAMESITE": "Lax",
    "CELERY_TASK_SERIALIZER": "json",
    "DB_HOST": "backend-db-1",
    "DB_NAME": "unstract_db",
    "JWT_ALGORITHM": "HS256",
    "API_VERSION": "v43.0",
    "DATETIME_FORMAT": "%Y-%m-%d",
    "DB_DRIVER": "mysql+pymysql postgresql",
    "OAUTH_SCOPE": "openid,email",
    "SUPPORT_EMAIL": "support@example.org",
    "CSRF_FAILURE_VIEW": "shop.views.failure",
    "AWS_S3_REGION_NAME": "eu-central-1",
    "TIMEZONE": "US/Central",
    "INSTALL_REQUIRES": "gunicorn==19.9.0 uvicorn[standard]>=0.30",
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in SHOWN.items() for text in texts.split()]
)
def test_harmless_forms(name, text):
    assert is_shown(name, text)


PASSWORDS = (
    "swordfish", "hunter2", "hunter-two", "letmein", "secret", "hard to guess string", "pa55word",
    "correct-horse-battery-staple", "S3cr3t!", "qwerty123", "a1b2c3d4e5f6", "admin", "changeme",
)  # fmt: skip


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(
    "name", sorted(set().union(*(form.last_words for form in FORMS)) - {"APPS"})
)
def test_passwords_have_no_harmless_form(name, password):
    assert not is_shown(name, password)
    assert not is_shown("X", password)


@pytest.mark.parametrize(
    "url",
    [
        "redis://:swordfish@localhost:6379/0",
        "postgres://shop:swordfish@localhost/shop",
        "postgres://swordfish@localhost/shop",
        "https://example.com/?token=swordfish",
        "https://example.com/#swordfish2",
        "https://hooks.example.com/services/T0123/B0123/XyZ",
        "//shop:swordfish@localhost/",
        "localhost/swordfish",
        "redis://swordfish",
    ],
)
@pytest.mark.parametrize("name", ["REDIS_URL", "SITE_URL", "HOST", "ENDPOINT", "PATH"])
def test_urls_with_credentials_are_hidden(name, url):
    if name != "PATH" or ":" in url:
        assert not is_shown(name, url)


@pytest.mark.parametrize("name", ["PASSWORD", "SECRET_KEY", "API_TOKEN", "AWS_ACCESS_KEY_ID", ""])
@pytest.mark.parametrize(
    "text", sorted({text for texts in SHOWN.values() for text in texts.split()})
)
def test_every_form_is_hidden_as_a_secret(name, text):
    assert not is_shown(name, text)
    assert not is_harmless((name or "PASSWORD", "HOST"), "HOST", text)


@pytest.mark.parametrize("form", sorted(SHOWN))
@pytest.mark.parametrize(
    ("alphabet", "length", "most"),
    [
        pytest.param(string.ascii_letters + string.digits, 12, 0, id="12 letters and digits"),
        pytest.param(string.ascii_letters, 20, 0, id="20 letters"),
        pytest.param(string.ascii_lowercase, 12, 0.05, id="12 small letters"),
        pytest.param("0123456789abcdef", 16, 0, id="hexadecimal"),
        pytest.param(string.digits, 6, 0, id="6 digits"),
    ],
)
def test_random_texts_are_hidden(form, alphabet, length, most):
    source = random.Random(1)
    texts = ["".join(source.choices(alphabet, k=length)) for _ in range(500)]
    assert sum(is_shown(form, text) for text in texts) / 500 <= most


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Set the SECRET_KEY environment variable.", True),
        ("DATABASE_URL is not set", True),
        ("swordfish", False),
        ("hello swordfish", False),
        ("The password is swordfish", False),
        ("password swordfish please now", False),
        ("Use swordfish2 here, please", False),
        ("Value: %s is wrong", False),
    ],
)
def test_messages(text, expected):
    assert is_message(text) is expected


@pytest.mark.parametrize("part", ["a-", "a.", "/a", "a", "1.", "a,", "://", "_a."])
@pytest.mark.parametrize("name", ["HOST", "URL", "APPS", "NAME", "DATABASE_URL"])
def test_time_is_linear(name, part):
    assert_linear(lambda size: is_shown(name, part * size), 60)
