"""Find secrets in .env files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import is_secret
from shield_ai.model.words import word_set
from shield_ai.scan.text.value_shapes import NO_VALUE, URL_WITH_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACEHOLDER_PREFIXES = tuple(
    word_set("changeme change-me change_me your- your_ xxx < ${ placeholder todo")
)


def find_dotenv_secrets(text: str) -> list[tuple[int, str]]:
    """Return the line and the name of each secret with a value in a .env file."""
    return [
        (line, name) for line, name, value in _parse_dotenv(text) if _is_secret_value(name, value)
    ]


def _parse_dotenv(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the name and the value of each variable."""
    from dotenv.parser import parse_stream

    end = counted = 0
    line = 1
    for binding in parse_stream(io.StringIO(text)):
        source = binding.original.string
        start = end + len(source) - len(source.lstrip("\r\n"))
        end += len(source)
        if binding.key and not binding.error:
            # The parser's own line numbers count a lone carriage return as a line.
            line += text.count("\n", counted, start)
            counted = start
            yield line, binding.key, (binding.value or "").strip()


def _is_secret_value(name: str, value: str) -> bool:
    lower = value.lower()
    if lower in NO_VALUE or value == "\\" or lower.startswith(PLACEHOLDER_PREFIXES):
        return False
    return bool(URL_WITH_PASSWORD.match(value)) or (is_secret(name) and "://" not in value)
