"""Select the strategy and the Lambda settings of a secret's rotation."""

from __future__ import annotations

import enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model import schedule
from shield_ai.model.database_fields import DATABASE_WORDS, named_engine
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation
from shield_ai.model.words import word_set, words
from shield_ai.rotator.registry import VALUE_FIELDS

if TYPE_CHECKING:
    from datetime import datetime

    from shield_ai.model.manifest import Secret

# Fields of a JSON document that are not secret.
PUBLIC_FIELDS = frozenset({"database", "username", "host", "port", "client_id"})
# Words of keys that encrypt stored data, or from which stored values are derived.
DATA_KEY_WORDS = word_set("ENCRYPTION ENCRYPT CRYPT CRYPTO CIPHER FERNET AES SALT PEPPER HASHID")
_SIGNING_WORDS = word_set("JWT SIGNING SIGNATURE CSRF HMAC")
# The usual variables of the key with which Flask, Starlette or itsdangerous sign sessions.
SESSION_KEYS = frozenset({"SECRET_KEY", "APP_SECRET_KEY", "FLASK_SECRET_KEY"})
_SESSION_WORDS = word_set("SESSION COOKIE")
# The other words in names of such keys. Any further word can be a provider: SLACK_SIGNING_SECRET.
_SIGNING_KEY_WORDS = word_set(
    "APP APPLICATION DJANGO FLASK WTF AUTH ACCESS REFRESH TOKEN SECRET KEY"
)
_PROVIDER_WORDS = word_set("WEBHOOK WEBHOOKS")  # the provider signs these, too
DEFAULT_STRATEGIES = {Kind.DJANGO_SECRET_KEY: "django-secret-key", Kind.API_KEY: "api-key"}


def rotation_strategy(secret: Secret) -> str:
    """Return the name of the strategy, full or short; empty for manual rotation."""
    rotation = _rotation(secret)
    name = rotation.strategy
    if not name and secret.kind is Kind.DATABASE:
        name = "alternating-users" if rotation.admin else "single-user"
    elif not name:
        name = DEFAULT_STRATEGIES.get(secret.kind, "")
    if name == "api-key" and not rotation.hook:
        return ""
    return name


def _rotation(secret: Secret) -> Rotation:
    return secret.rotate if isinstance(secret.rotate, Rotation) else Rotation()


def changes_database(secret: Secret) -> bool:
    """Return whether a rotation of the secret changes a password in a database."""
    return rotation_strategy(secret).endswith(("single-user", "alternating-users"))


def can_rotate(secret: Secret) -> bool:
    """Return whether a secret is meant to be rotated: it has `rotate`, or is a database login."""
    if secret.rotate or secret.kind is Kind.DATABASE:
        return True
    is_url = secret.kind is Kind.URL
    return is_url and any(DATABASE_WORDS & {*words(name)} for name in secret.variables())


class ManualKind(enum.Enum):
    """What a person has to do to rotate a value."""

    PROVIDER_KEY = "provider key"  # create a second key at the provider
    URL = "URL"  # change the login in it
    PASSWORD = "password"  # change it at the server, which accepts only one
    OWN_KEY = "own key"  # choose a value; the app signs or encrypts with it
    SESSION_KEY = "session key"  # choose a value; a new one logs users out
    DATABASE_LOGIN = "database login"  # create a second user


def manual_kind(secret: Secret) -> ManualKind:
    """Return what a person has to do to rotate a secret, guessed from its kind and variables."""
    if secret.kind is Kind.PASSWORD:
        return ManualKind.PASSWORD
    if secret.kind is Kind.URL:
        return ManualKind.URL
    for variable in secret.variables():
        found = {*words(variable)}
        if found & _PROVIDER_WORDS:
            continue
        if found & (DATA_KEY_WORDS | _SIGNING_WORDS):
            return ManualKind.OWN_KEY
        if variable in SESSION_KEYS or found & _SESSION_WORDS:
            return ManualKind.SESSION_KEY
    return ManualKind.PROVIDER_KEY


def is_own_key(secret: Secret) -> bool:
    """Return whether the app itself signs or encrypts with a key that it chose."""
    return manual_kind(secret) in {ManualKind.SESSION_KEY, ManualKind.OWN_KEY}


def signs_sessions_or_tokens(secret: Secret) -> bool:
    """Return whether the app signs sessions or tokens with a secret that it chose itself.

    Everybody who knows such a key can log in as any user. A new one only logs users out.
    """
    if secret.kind is Kind.DJANGO_SECRET_KEY:
        return True
    if not is_own_key(secret):
        return False
    known = _SIGNING_KEY_WORDS | _SIGNING_WORDS | _SESSION_WORDS
    return all(known.issuperset(words(variable)) for variable in secret.variables())


def manually_rotated_fields(secret: Secret) -> tuple[str, ...]:
    """Return the fields that a manual rotation changes.

    An empty name means the entire secret, or the field that the rotation function would change.
    """
    fields = secret.fields or {}
    if len(set(VALUE_FIELDS) & set(fields)) == 1:
        return ("",)
    secret_fields = tuple(field for field in fields if field not in PUBLIC_FIELDS)
    return secret_fields or ("",)


def rotation_settings(secret: Secret) -> dict[str, str]:
    """Return the environment variables of the rotation function."""
    rotation = _rotation(secret)
    fields = manually_rotated_fields(secret)
    has_single_field = len(fields) == 1 and secret.kind is not Kind.DATABASE
    engine = rotation.engine
    if secret.kind is Kind.DATABASE:
        engine = engine or named_engine(secret.variables())
    settings = {
        "ROTATION_STRATEGY": rotation_strategy(secret),
        "ROTATION_ENGINE": engine,
        "ROTATION_ADMIN": rotation.admin,
        "ROTATION_FIELD": fields[0] if has_single_field else "",
        "ROTATION_HOOK": PurePosixPath(rotation.hook).stem,
        "ROTATION_HOOK_FILE": rotation.hook,
        "ROTATION_SSLMODE": rotation.sslmode,
        "ROTATION_CA_FILE": rotation.ca,
    }
    return {name: value for name, value in settings.items() if value}


def next_rotation(secret: Secret, last: datetime) -> datetime | None:
    """Return the time of the rotation after the last one; None without a schedule."""
    if isinstance(secret.rotate, Rotation) and secret.rotate.every:
        return schedule.parse_schedule(secret.rotate.every).next(last)
    return None
