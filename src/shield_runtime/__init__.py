"""Read secrets from AWS Secrets Manager or environment variables, with get_secret("name").

Without USE_AWS_SECRETS=true, secrets come from environment variables, and boto3 is not imported.
With it, they come from AWS and are cached; this requires boto3, botocore or the AWS Secrets Manager
Agent (AWS_SECRETS_TRANSPORT=agent). The package requires Python 3.9 or newer, and never writes
secret values to errors, log records, reprs or environment variables.

Apps can contain a copy of this package, so the core imports only the standard library.
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

TYPE_CHECKING = False  # importing typing is slow; type checkers treat this name as True
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
    "retries_after_rotation",
    "stats",
]

default_client = SecretsManagerClient()  # used by the functions below
get_secret = default_client.get_secret
aget_secret = default_client.aget_secret
get_secret_dict = default_client.get_secret_dict
get_secret_bytes = default_client.get_secret_bytes
has_secret = default_client.has_secret
prefetch = default_client.prefetch
refresh_secret = default_client.refresh_secret
clear_secret_cache = default_client.clear_cache
stats = default_client.stats
retries_after_rotation = default_client.retries_after_rotation


def __getattr__(name: str) -> Any:
    """Import RedactingFilter on first use, because most apps do not need it."""
    if name == "RedactingFilter":
        from .redaction import RedactingFilter

        return RedactingFilter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
