"""Shield AI. What an app imports at run time; the tool is the command `shield`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from shield_ai.runtime import (
        RedactingFilter,
        SecretAccessDeniedError,
        SecretError,
        SecretFormatError,
        SecretNotFoundError,
        SecretsManagerClient,
        SecretUnavailableError,
        aget_secret,
        clear_secret_cache,
        get_secret,
        get_secret_bytes,
        get_secret_dict,
        has_secret,
        prefetch,
        refresh_secret,
        stats,
        survives_rotation,
    )

__all__ = [
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


def __getattr__(name: str) -> object:
    """Import the runtime when one of its names is first asked for: the tool does not need it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from shield_ai import runtime

    value = globals()[name] = getattr(runtime, name)
    return value


def __dir__() -> list[str]:
    return [*__all__]
