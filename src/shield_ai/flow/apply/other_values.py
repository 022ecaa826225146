"""Create values of the same form as others, to see which of two sources a setting uses."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

# Values that may be switches: another value would choose other code.
SWITCH = regex(r"(?i)[01]|true|false|yes|no|on|off|none|null")
SCHEME = regex(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://")
END_OF_KEY = "-----END"  # of a key in PEM format
MAX_TRIED = 100  # positions in a value; a change of most of them leaves JSON valid
QUANTUM = 4  # characters of base64 that encode three bytes


def other_value(text: str) -> str:
    """Return a value that differs in one letter or digit; empty if there is no suitable one.

    Numbers remain numbers, hexadecimal digits remain such digits, the scheme, the host and the port
    of a URL with a login stay, JSON remains valid, and a text in base64 remains one in ASCII.

    Args:
        text: The value.
    """
    if SWITCH.fullmatch(text.strip()):
        return ""
    is_json = _is_json(text)
    for position in itertools.islice(_positions(text), MAX_TRIED):
        other = text[:position] + _other_character(text[position]) + text[position + 1 :]
        if not is_json or _is_json(other):
            return other
    return ""


def _positions(text: str) -> Iterator[int]:
    """Yield the positions of letters and digits that may change, the best ones first."""
    start, end = _changeable(text)
    found = [index for index in range(end - 1, start - 1, -1) if _is_alphanumeric(text[index])]
    # The last of four characters in base64 only changes the lowest bits of one byte.
    yield from (index for index in found if index % QUANTUM == QUANTUM - 1)
    yield from (index for index in found if index % QUANTUM != QUANTUM - 1)


def _changeable(text: str) -> tuple[int, int]:
    """Return the span that may change: the login of a URL, or the whole value."""
    match = SCHEME.match(text)
    start = match.end() if match else 0
    login_end = text.find("@", start) if match else -1
    if login_end > start:
        return max(start, text.find(":", start, login_end) + 1), login_end
    key_end = text.find(END_OF_KEY)
    return start, key_end if key_end >= 0 else len(text)


def _is_alphanumeric(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _other_character(character: str) -> str:
    """Return the letter or the digit before; that after `a`, `A`, `0` and `1`."""
    step = 1 if character in "aA01" else -1
    return chr(ord(character) + step)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
