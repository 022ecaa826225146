"""Secrets in .env files."""

from __future__ import annotations

import io

from shield_ai.model.naming import is_secret
from shield_ai.scan.text.value_shapes import CREDENTIALS, NO_VALUE

PLACEHOLDER = (
    "changeme",
    "change-me",
    "change_me",
    "your-",
    "your_",
    "xxx",
    "<",
    "${",
    "placeholder",
    "todo",
)


def dotenv(text: str) -> list[tuple[int, str]]:
    """Return line and name of each secret that has a value in a .env file."""
    from dotenv.parser import parse_stream  # slow; many trees have no such file

    found: list[tuple[int, str]] = []
    end = 0
    for binding in parse_stream(io.StringIO(text)):
        whole = binding.original.string
        start, end = end + len(whole) - len(whole.lstrip("\r\n")), end + len(whole)
        name, value = binding.key, (binding.value or "").strip()
        if binding.error or not name or value.lower() in NO_VALUE:
            continue
        if value.lower().startswith(PLACEHOLDER):
            continue
        if CREDENTIALS.match(value) or (is_secret(name) and "://" not in value):
            # Its own count of lines takes a lone carriage return for the end of one.
            found.append((text.count("\n", 0, start) + 1, name))
    return found
