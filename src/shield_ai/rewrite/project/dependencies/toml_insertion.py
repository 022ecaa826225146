"""Express a change of a TOML document as a single insertion into its file."""

from __future__ import annotations

import re
import tomllib

from shield_ai.model.invalid_input import INVALID_TOML, require_short_keys

BOM = "\ufeff"


def is_toml(text: str) -> bool:
    """Return whether a text is valid TOML, with keys that are short enough to parse."""
    try:
        require_short_keys(text)
        tomllib.loads(text)
    except INVALID_TOML:
        return False
    return True


def single_insertion(old: str, new: str) -> tuple[int, str] | None:
    """Return the position and the text of the insertion that turns one text into another.

    Returns:
        None if the texts differ in another way.
    """
    length = len(new) - len(old)
    at = 0
    while at < len(old) and at < len(new) and old[at] == new[at]:
        at += 1
    if length <= 0 or old[at:] != new[at + length :]:
        return None
    return at, new[at : at + length]


def byte_offset(text: str, at: int) -> int:
    """Convert a position in the normalized text to a byte offset in the file.

    The normalized text has neither a byte order mark nor carriage returns.
    """
    kept = re.finditer(r"\r\n|[^\ufeff]|(?<!\A)\ufeff", text, re.DOTALL)
    positions = [match.start() for match in kept]
    end = positions[at] if at < len(positions) else len(text)
    return len(text[:end].encode())
