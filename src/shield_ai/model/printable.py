"""Make text from files, git and AWS safe for terminals, logs and reports.

A control character can move the cursor, change the window's title or hide text; a directional or
zero-width character can make two different texts look the same.
https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
"""

from __future__ import annotations

import re

# C0 and C1 control characters except tab and newline, directional marks and overrides, zero-width
# characters, line and paragraph separators, and lone surrogates.
_UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff"
    "\ud800-\udfff"
)
_CONTROL = re.compile(f"[{_UNSAFE}]")
# Does not match the escape sequences of `reports.color`.
_CONTROL_OUTSIDE_COLORS = re.compile(rf"\x1b(?!\[(?:[012]|3[1236])m)|[{_UNSAFE}](?<!\x1b)")
_REPLACEMENT = "?"


def printable(text: str) -> str:
    """Replace newlines and unsafe characters by `?`, and tabs by spaces."""
    return _CONTROL.sub(_REPLACEMENT, text.replace("\t", "    ").replace("\n", _REPLACEMENT))


def printable_lines(text: str, *, color: bool = False) -> str:
    """Replace unsafe characters by `?`, but keep newlines and tabs.

    Args:
        text: The text.
        color: Whether to keep the escape sequences of `reports.color`.
    """
    return (_CONTROL_OUTSIDE_COLORS if color else _CONTROL).sub(_REPLACEMENT, text)


def escape_json(text: str) -> str:
    r"""Replace unsafe characters in a JSON document with \u escapes.

    They can occur only in its strings, because a serializer never writes them between tokens.
    """
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
