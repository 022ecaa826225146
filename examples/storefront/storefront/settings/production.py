"""Settings for the servers: HTTPS, strict cookies, logs on stderr."""

from os import environ as env_vars

from .base import *  # noqa: F401,F403

DEBUG = False

SECURE_SSL_REDIRECT = True
# The load balancer asks over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = int(env_vars.get("HSTS_SECONDS", "3600"))
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

EMAIL_USE_TLS = True

# Signs the links to invoices, which a service of its own serves.
INVOICE_SIGNING_KEY = env_vars["INVOICE_SIGNING_KEY"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
