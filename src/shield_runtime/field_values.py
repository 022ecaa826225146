"""Common functions of both pydantic settings sources: a field's default, and its values."""

from __future__ import annotations

from typing import Any


def plain_default(default: Any) -> object:
    """Return the default of a field as text for get_secret(); an empty default stays as it was."""
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
