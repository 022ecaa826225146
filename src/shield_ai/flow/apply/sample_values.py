"""Sample values for the variables of an app, with which its settings can be loaded."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

from shield_ai.model.finding import Kind
from shield_ai.model.hidden import Hidden

if TYPE_CHECKING:
    from shield_ai.model.manifest import Secret

# URLs for variables without a value, by a word in the variable's name. No server is contacted.
_SAMPLE_URLS = {
    "CACHE": "redis://:password@localhost:6379/0",
    "REDIS": "redis://:password@localhost:6379/0",
    "BROKER": "redis://:password@localhost:6379/0",
    "CELERY": "redis://:password@localhost:6379/0",
    "AMQP": "amqp://user:password@localhost:5672//",
    "RABBIT": "amqp://user:password@localhost:5672//",
    "EMAIL": "smtp://user:password@localhost:25",
    "SENTRY": "https://0123456789abcdef@localhost/1",
    "DSN": "https://0123456789abcdef@localhost/1",
    "MONGO": "mongodb://user:password@localhost:27017/name",
    "MYSQL": "mysql://user:password@localhost:3306/name",
    "": "postgres://user:password@localhost:5432/name",
}


def sample_value(variable: str, secret: Secret) -> Hidden:
    """Return a value that a variable of a secret could have."""
    if secret.kind is Kind.URL:
        for word, url in _SAMPLE_URLS.items():
            if word in variable.upper():
                return Hidden(url)
    if secret.variables()[variable] == "port":
        return Hidden("5432")
    return Hidden(_encoded_sample())


def _encoded_sample() -> str:
    """Return a random text of 32 bytes in base64: settings that decode a key load with it."""
    text = f"sample--{secrets.token_hex(12)}"
    return base64.b64encode(text.encode()).decode()
