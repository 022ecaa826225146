"""The exceptions of parsers for input that is not valid."""

import msgspec

# msgspec raises UnicodeDecodeError for invalid UTF-8 in a text.
INVALID_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# tomllib raises ValueError for an integer with too many digits.
INVALID_TOML = (ValueError, RecursionError)
