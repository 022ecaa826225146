"""Read secrets: get_secret("name") returns a secret from AWS Secrets Manager, or a variable.

Without USE_AWS_SECRETS=true, secrets come from environment variables, and boto3 is not imported.
With it, they come from AWS and are cached. Needs Python 3.9 or newer, and boto3 only with AWS on.
A value never shows in an error, a log record, a repr or the environment of a process.

This package may be copied into an app. It imports nothing but the standard library.
"""

from __future__ import annotations

from .client import SecretsManagerClient
from .errors import (
    SecretAccessDeniedError,
    SecretError,
    SecretFormatError,
    SecretNotFoundError,
    SecretUnavailableError,
)
from .request import MISSING

TYPE_CHECKING = False  # importing typing is slow; type checkers take this name for true
if TYPE_CHECKING:
    from typing import Any

    from .redaction import RedactingFilter

__all__ = [
    "MISSING",
    "RedactingFilter",
    "SecretAccessDeniedError",
    "SecretError",
    "SecretFormatError",
    "SecretNotFoundError",
    "SecretUnavailableError",
    "SecretsManagerClient",
    "aget_secret",
    "clear_secret_cache",
    "get_secret",
    "get_secret_bytes",
    "get_secret_dict",
    "has_secret",
    "prefetch",
    "refresh_secret",
    "stats",
    "survives_rotation",
]

default_client = SecretsManagerClient()  # the client of the functions below
get_secret = default_client.get_secret
aget_secret = default_client.aget_secret
get_secret_dict = default_client.get_secret_dict
get_secret_bytes = default_client.get_secret_bytes
has_secret = default_client.has_secret
prefetch = default_client.prefetch
refresh_secret = default_client.refresh_secret
clear_secret_cache = default_client.clear_cache
stats = default_client.stats
survives_rotation = default_client.survives_rotation


def __getattr__(name: str) -> Any:
    """Import RedactingFilter when it is first used: most apps do not need it."""
    if name == "RedactingFilter":
        from .redaction import RedactingFilter

        return RedactingFilter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
