"""Read the pyproject.toml of an app."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from shield_ai.model.file_reader import read_optional
from shield_ai.model.invalid_input import INVALID_TOML, require_short_keys

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader

PYPROJECT = "pyproject.toml"


def read_pyproject(read: FileReader) -> dict[str, Any]:
    """Return the tables of pyproject.toml; empty if it does not exist or is invalid.

    Args:
        read: Returns the bytes of a file of the app.
    """
    raw = read_optional(read, PYPROJECT)
    try:
        text = (raw or b"").decode("utf-8-sig")
        require_short_keys(text)
        return tomllib.loads(text)
    except INVALID_TOML:
        return {}


def get_nested(table: Any, *keys: str) -> Any:
    """Return the value of nested keys; None if it does not exist."""
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table
