"""Common functions of both pydantic settings sources: a field's default, and its values."""

from __future__ import annotations

from typing import Any

from .errors import SecretNotFoundError
from .log import warn


def plain_default(default: Any) -> object:
    """Return the default of a field as text for get_secret(), or unchanged if it is falsy."""
    if hasattr(default, "get_secret_value"):
        default = default.get_secret_value()
    return str(default) if default else default


def has_value(values: object, path: list[str]) -> bool:
    """Return whether the values of a source include a value for a field.

    Args:
        values: The values by field name.
        path: The name of the field; for a nested model, the names from the outer field to the
            inner one. Case is ignored.
    """
    for part in path:
        if not isinstance(values, dict):
            return True  # the value of the whole model
        names = {str(name).lower(): name for name in values}
        if part.lower() not in names:
            return False
        values = values[names[part.lower()]]
    return True


def explain_missing(client: Any, secret: str, key: str | None, variable: str) -> None:
    """Log why a required field has no value: pydantic names only the field.

    Args:
        client: The client of the source.
        secret: The name of the secret, which AWS does not have.
        key: The field of the secret, or None.
        variable: The environment variable, which is not set.
    """
    try:
        client.get_secret(secret, key=key, env=variable)
    except SecretNotFoundError as error:
        warn("%s, and %s is not set", error, variable)
