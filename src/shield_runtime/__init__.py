"""Read secrets: get_secret("name") returns a secret from AWS Secrets Manager, or a variable.

Without USE_AWS_SECRETS=true, secrets come from environment variables, and boto3 is not imported.
With it, they come from AWS and are cached. Needs Python 3.9 or newer, and boto3 only with AWS on.
A value never shows in an error, a log record, a repr or the environment of a process.

This package may be copied into an app. It imports nothing but the standard library.
"""

from __future__ import annotations

from time import monotonic

from .client import SecretsManagerClient
from .errors import (
    SecretAccessDeniedError,
    SecretError,
    SecretFormatError,
    SecretNotFoundError,
    SecretUnavailableError,
)
from .request import CURRENT, MISSING

TYPE_CHECKING = False  # importing typing is slow; type checkers take this name for true
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar, overload

    from .redaction import RedactingFilter

    T = TypeVar("T")
else:

    def overload(function):
        """Stand in for typing.overload."""
        return function


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
_leases = default_client._leases  # so that the fast path needs no attribute access


@overload
def get_secret(
    name: str,
    default: Callable[[], T],
    *,
    key: str | None = ...,
    env: str | None = ...,
    stage: str = ...,
    optional: bool = ...,
) -> T: ...
@overload
def get_secret(
    name: dict[str, str | tuple[str, str]],
    default: Callable[[], T],
    *,
    env: str,
    optional: bool = ...,
) -> T: ...
@overload
def get_secret(
    name: str, *, key: str | None = ..., env: str | None = ..., stage: str = ...
) -> str: ...
@overload
def get_secret(
    name: str, default: T, *, key: str | None = ..., env: str | None = ..., stage: str = ...
) -> str | T: ...
def get_secret(
    name: Any,
    default: Any = MISSING,
    key: str | None = None,
    env: str | None = None,
    stage: str = CURRENT,
    optional: bool = False,  # noqa: FBT001, FBT002
) -> Any:
    """Return the text of a secret.

    Args:
        name: Name in AWS, without AWS_SECRETS_PREFIX. If the code computes which variable it reads:
            a mapping from variables to names, or to names with fields, together with an expression
            and env. A variable that is not in the mapping is not a secret.
        default: A plain value is returned if the secret does not exist. A callable is the
            expression that read the variable before: with AWS off, it is called; with AWS on, it
            sees the secret as that variable, and its result is returned.
        key: Field of a secret that is a JSON object.
        env: Environment variable of the secret; by default, the name in upper case with "_".
        stage: Version stage; AWSPREVIOUS for the previous version.
        optional: The app runs without the secret: if it does not exist, the result of the
            expression is returned. By default, only an empty result is returned; any other is a
            value for development, and an error is raised.

    Raises:
        SecretNotFoundError: Neither AWS nor the environment has it, and there is no default.
        SecretAccessDeniedError: AWS denies access.
        SecretUnavailableError: AWS does not answer.
        SecretFormatError: The secret is not text, or is a JSON object without the field.

    Pass key, env and stage by keyword. The signature does not enforce it because that would make
    each call a fifth slower.
    """
    if default is MISSING and key is None and env is None and stage is CURRENT:
        try:
            until, value = _leases[name]
        except KeyError:
            pass
        else:
            if monotonic() < until:
                return value
    try:
        return default_client.get_secret(
            name, default, key=key, env=env, stage=stage, optional=optional
        )
    finally:
        default = None  # a literal must not show in a traceback


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
