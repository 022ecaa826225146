"""Derive the names of secrets and variables from each other, and the kinds of secrets."""

from __future__ import annotations

import re

from shield_ai.model.finding import Kind
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.rotation_policy import DATA_KEY_WORDS
from shield_ai.model.words import word_set, words

SIGN_IN_KEY = "AWS_SECRET_ACCESS_KEY"  # boto3 signs in with it, unless the app has an IAM role
MANIFEST = "shield.toml"
DOTENV = ".env"
# Secrets Manager appends such a suffix to ARNs. It reads a name that ends like this as a partial
# ARN: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
ARN_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")
VALUE = "-value"  # added to a name that would end like an ARN
# Names that do not identify a secret: an app can have several of each.
GENERIC_NAMES = word_set("""
    auth credentials dsn key keys pass passphrase passwd password private-key pwd secret secret-key
    secrets token tokens uri url
""")
PROVIDER_KEYS = frozenset({"API", "ACCESS", "AUTH", "ACCOUNT"})  # before KEY
API_KEYS = {"apikey": "api-key", "apikeys": "api-keys"}


def secret_name(variable: str) -> str:
    """Return the default name of a variable's secret: `email-host-password`, `raygun-api-key`.

    Generic names, and those that would end like an ARN suffix (`-secret` has six characters), get
    another word: `app-password`, `client-secret-value`.
    """
    parts = re.findall(r"[a-z0-9]+", variable.lower()) or ["secret"]
    name = "-".join(API_KEYS.get(part, part) for part in parts)
    if name in GENERIC_NAMES:
        name = f"app-{name}"
    return f"{name}{VALUE}" if ARN_SUFFIX.search(name) else name


def is_generic(variable: str) -> bool:
    """Return whether the name of a variable does not identify a secret: SECRET_KEY, TOKEN."""
    return variable.lower().replace("_", "-") in GENERIC_NAMES


def env_var_name(secret: str) -> str:
    """Return the default environment variable of a secret, as the runtime derives it."""
    return re.sub(r"[^A-Z0-9]", "_", secret.upper())


def guess_kind(variable: str) -> Kind:
    """Guess the kind of a secret from its variable."""
    last = set(words(variable)[-2:])
    if meaning(variable) in {Meaning.URL, Meaning.DSN} or last & {"URL", "URI"}:
        return Kind.URL
    if last & {"PASSWORD", "PASSWD", "PASS", "PWD", "PASSPHRASE"}:
        return Kind.PASSWORD
    if variable.upper().endswith(("PASSWORD", "PASS")):
        return Kind.PASSWORD
    if last & {"KEY", "KEYS"} and _is_own_key(variable):
        return Kind.GENERIC  # no provider creates it
    if variable.upper().endswith(("SALT", "SALTS", "PEPPER")):
        return Kind.GENERIC
    if last & {"KEY", "KEYS", "TOKEN", "TOKENS", "APIKEY"}:
        return Kind.API_KEY
    return Kind.GENERIC


def _is_own_key(variable: str) -> bool:
    """Return whether a key is the app's own, such as Django's or one that encrypts data."""
    parts = words(variable)
    if DATA_KEY_WORDS.intersection(parts):
        return True
    return "DJANGO" in parts and PROVIDER_KEYS.isdisjoint(parts[-2:])
