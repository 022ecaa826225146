"""Read the pyproject.toml of an app, and other configuration files in TOML."""

from __future__ import annotations

import functools
import tomllib
from typing import TYPE_CHECKING, Any

from shield_ai.model.file_reader import read_optional
from shield_ai.model.invalid_input import INVALID_TOML, require_short_keys

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader

PYPROJECT = "pyproject.toml"
PARSED_FILES = 64  # configuration files that stay parsed


def read_pyproject(read: FileReader) -> dict[str, Any]:
    """Return the tables of pyproject.toml; empty if it does not exist or is invalid.

    Args:
        read: Returns the bytes of a file of the app.
    """
    return parse_toml(read_optional(read, PYPROJECT))


@functools.lru_cache(maxsize=PARSED_FILES)
def parse_toml(raw: bytes | None) -> dict[str, Any]:
    """Return the tables of a TOML file; an empty dict if it is missing or invalid."""
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
