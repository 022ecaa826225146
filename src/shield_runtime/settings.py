"""The runtime's settings, read from environment variables."""

from __future__ import annotations

import os
import sys

from .errors import SecretError
from .log import warn

# All durations are in seconds.
CACHE_TTL = 300.0  # AWS_SECRETS_TTL
MAX_STALE = 86400.0  # AWS_SECRETS_MAX_STALE: how long a value that can't be refreshed is served
IDLE = 60.0  # how long after it expires an unused value is refreshed before it is served
ON = ("true", "1", "yes", "on")
OFF = ("false", "0", "no", "off")


class Settings:
    """The settings of one client, read when first needed and again after clear_secret_cache().

    Raises:
        SecretError: A variable has an invalid value.
    """

    def __init__(self) -> None:
        self.aws = _choice("USE_AWS_SECRETS", (*OFF, *ON)) in ON
        self.development = os.environ.get("DJANGO_ENV", "development") == "development"
        self.prefix = os.environ.get("AWS_SECRETS_PREFIX", "")
        self.ttl = _seconds("AWS_SECRETS_TTL", CACHE_TTL)
        self.max_stale = _seconds("AWS_SECRETS_MAX_STALE", MAX_STALE)
        self.idle = self.ttl + max(2 * self.ttl, IDLE)
        self.fallback = _choice("AWS_SECRETS_FALLBACK", ("env", "any", "deny"))
        # Whether any default may be served for a secret that AWS does not have.
        self.lenient = self.development or self.fallback == "any"
        self.transport = _choice("AWS_SECRETS_TRANSPORT", ("boto3", "agent"))
        self.metrics, self.namespace = _metrics()
        if self.aws and self.transport == "boto3" and not _has_boto3():
            warn("USE_AWS_SECRETS is on but boto3 is not installed; using the environment")
            self.aws = False


def _metrics() -> tuple[str, str]:
    """Return the kind of metrics and their namespace: `emf:Shop` means `emf` in `Shop`."""
    kind, _, namespace = os.environ.get("AWS_SECRETS_METRICS", "").partition(":")
    return _one_of("AWS_SECRETS_METRICS", kind, ("off", "emf", "cloudwatch")), namespace


def _has_boto3() -> bool:
    try:
        if "boto3" in sys.modules:
            import boto3  # noqa: F401

            return True
        from importlib.util import find_spec

        return find_spec("boto3") is not None
    except ImportError:
        return False


def _choice(variable: str, choices: tuple[str, ...]) -> str:
    return _one_of(variable, os.environ.get(variable, ""), choices)


def _one_of(variable: str, text: str, choices: tuple[str, ...]) -> str:
    choice = text.strip().lower() or choices[0]
    if choice not in choices:
        raise SecretError(f"{variable} is {choice!r}: use one of {', '.join(choices)}")
    return choice


def _seconds(variable: str, default: float) -> float:
    text = os.environ.get(variable, "").strip() or str(default)
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise SecretError(f"{variable} is {text!r}: use a number of seconds")
    return seconds
