"""
Settings that development and production share.

Values come from the environment. For local work, copy .env.example to .env.
"""

import os
from pathlib import Path

import environ
from decouple import config

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = environ.Env(DEBUG=(bool, False))

env_file = BASE_DIR / ".env"
if env_file.exists():
    env.read_env(env_file)


# Core

SECRET_KEY = os.environ["SECRET_KEY"]

DEBUG = env("DEBUG")

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "shop",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "storefront.urls"

WSGI_APPLICATION = "storefront.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


# Databases

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("DATABASE_NAME", "storefront"),
        "USER": os.environ.get("DATABASE_USER", "storefront"),
        "PASSWORD": os.environ["DATABASE_PASSWORD"],
        "HOST": os.environ.get("DATABASE_HOST", "localhost"),
        "PORT": os.environ.get("DATABASE_PORT", "5432"),
        "CONN_MAX_AGE": 60,
    },
    # A read-only role for dashboards and the nightly export.
    "reporting": env.db("REPORTING_DATABASE_URL"),
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# Cache and background jobs

CACHES = {
    # rediss://:password@host:6379/0 in production, memory on a laptop
    "default": env.cache("CACHE_URL", default="locmemcache://storefront"),
}

CELERY_BROKER_URL = f"amqp://shop:{os.environ['RABBITMQ_PASSWORD']}@{os.getenv('RABBITMQ_HOST', 'localhost')}:5672//"


# Payments

STRIPE_SECRET_KEY = "sk_test_corner_shop_51Hq_till_nine_7Rw2"

# hmac wants bytes
PAYMENT_WEBHOOK_SECRET = config("PAYMENT_WEBHOOK_SECRET", cast=str.encode)


# Email

EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = config("EMAIL_PORT", default=587, cast=int)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "storefront")
EMAIL_HOST_PASSWORD = os.getenv("EMAIL_HOST_PASSWORD", "")


# Search

SEARCH_API_KEY = env("SEARCH_API_KEY")


# Errors

SENTRY_DSN = os.environ.get("SENTRY_DSN")

if SENTRY_DSN:
    import sentry_sdk

    sentry_sdk.init(dsn=SENTRY_DSN, send_default_pii=False)


# Internationalization

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
