"""The runtime's settings, read from environment variables."""

from __future__ import annotations

import os

from .errors import SecretError

# All durations are in seconds.
CACHE_TTL = 300.0  # AWS_SECRETS_TTL
MAX_STALE = 86400.0  # AWS_SECRETS_MAX_STALE: how long a value that can't be refreshed is served
IDLE = 60.0  # how long an expired value is served before callers wait, if 2 * TTL is shorter
DEVELOPMENT = ("development", "local")  # environments on the computer of a developer
ON = ("true", "1", "yes", "on")
OFF = ("false", "0", "no", "off")


class Settings:
    """The settings of one client, read when first needed and again after clear_secret_cache().

    Args:
        prefix: Prefix of the names in AWS, unless AWS_SECRETS_PREFIX is set.

    Raises:
        SecretError: A variable has an invalid value.
    """

    def __init__(self, prefix: str = "") -> None:
        environment = environment_name()
        self.aws = _choice("USE_AWS_SECRETS", (*OFF, *ON)) in ON
        self.is_development = environment in DEVELOPMENT
        self.prefix = os.environ.get("AWS_SECRETS_PREFIX", prefix)
        self.ttl = _seconds("AWS_SECRETS_TTL", CACHE_TTL)
        self.max_stale = _seconds("AWS_SECRETS_MAX_STALE", MAX_STALE)
        self.idle = self.ttl + max(2 * self.ttl, IDLE)  # since the value was fetched
        self.fallback = _choice("AWS_SECRETS_FALLBACK", ("env", "any", "deny"))
        self.allows_variables = self.fallback != "deny"  # if AWS has no answer
        # Whether a variable that is set takes precedence over AWS: in development, and if the
        # environment is not set, unless fallbacks are denied.
        is_unset = not environment
        self.prefers_variables = self.is_development or (is_unset and self.fallback != "deny")
        # Whether non-empty defaults, which are development values, may be returned.
        self.allows_defaults = self.is_development or self.fallback == "any"
        self.transport = _choice("AWS_SECRETS_TRANSPORT", ("boto3", "agent"))
        self.metrics, self.namespace = _metrics()


def environment_name() -> str:
    """Return the environment of the process, such as production; "" if it is not set."""
    return os.environ.get("AWS_SECRETS_ENV") or os.environ.get("DJANGO_ENV", "")


def _metrics() -> tuple[str, str]:
    """Return the kind of metrics and their namespace: `emf:Shop` means `emf` in `Shop`."""
    kind, _, namespace = os.environ.get("AWS_SECRETS_METRICS", "").partition(":")
    return _one_of("AWS_SECRETS_METRICS", kind, ("off", "emf", "cloudwatch")), namespace


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
