"""The defaults and the values of the fields of settings, for the sources of pydantic."""

from __future__ import annotations

from typing import Any


def plain_default(default: Any) -> object:
    """Return a default as get_secret() knows it: a text for an object that is not empty."""
    if hasattr(default, "get_secret_value"):
        default = default.get_secret_value()
    return str(default) if default else default


def has_value(values: object, path: list[str]) -> bool:
    """Return whether the values of a source have one for a field.

    Args:
        values: The values by the names of fields.
        path: The name of a field, and the names below it in nested models; in any case.
    """
    for part in path:
        if not isinstance(values, dict):
            return True  # the value of the whole model
        names = {str(name).lower(): name for name in values}
        if part.lower() not in names:
            return False
        values = values[names[part.lower()]]
    return True
