"""The exceptions of parsers for input that is not valid."""

import msgspec

# msgspec raises UnicodeDecodeError for invalid UTF-8 in a text.
INVALID_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# tomllib raises ValueError for an integer with too many digits.
INVALID_TOML = (ValueError, RecursionError)
MAX_KEY_PARTS = 1000


def require_short_keys(text: str) -> None:
    """Require that no line of a TOML text can have a key with very many parts.

    tomllib's memory grows with the square of the number of parts.

    Raises:
        ValueError: A line has too many dots.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > MAX_KEY_PARTS:
            raise ValueError(f"too many dots (at line {number})")
