"""Make text from files, git and AWS safe for terminals, logs and reports.

A control character can move the cursor, change the window's title or hide text; a directional or
invisible character can make two different texts look the same.
https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
"""

from __future__ import annotations

import re
import unicodedata

# Letters and marks that are invisible, such as variation selectors and fillers.
# https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_COLOR = re.compile(r"(\x1b\[(?:[012]|3[1236])m)")  # the escape sequences of `reports.color`
_REPLACEMENT = "?"


def printable(text: str) -> str:
    """Replace newlines and unsafe characters by `?`, and tabs by spaces."""
    return _replace_unsafe(text.replace("\t", "    ").replace("\n", _REPLACEMENT))


def printable_lines(text: str, *, color: bool = False) -> str:
    """Replace unsafe characters by `?`, but keep newlines and tabs.

    Args:
        text: The text.
        color: Whether to keep the escape sequences of `reports.color`.
    """
    if not color:
        return _replace_unsafe(text)
    parts = _COLOR.split(text)  # the color sequences have odd indexes
    parts[::2] = map(_replace_unsafe, parts[::2])
    return "".join(parts)


def escape_json(text: str) -> str:
    r"""Replace unsafe characters in a JSON document with \u escapes.

    They can occur only in its strings, because a serializer never writes them between tokens.
    """
    import json  # the text report of a scan does not need it

    escapes = {ord(character): json.dumps(character)[1:-1] for character in _unsafe(text)}
    return text.translate(escapes)


def _replace_unsafe(text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, _unsafe(text)), _REPLACEMENT))


def _unsafe(text: str) -> set[str]:
    return {character for character in set(text) if _is_unsafe(character)}


def _is_unsafe(character: str) -> bool:
    """Return whether a character controls the output, is invisible or has no defined meaning.

    The categories are control, format, surrogate, private use and unassigned (C), and line and
    paragraph separators (Zl, Zp).
    """
    if character in "\n\t":
        return False
    category = unicodedata.category(character)
    if category[0] == "C" or category in {"Zl", "Zp"}:
        return True
    return _INVISIBLE.match(character) is not None
