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


def move_above_comment(old: str, at: int, addition: str) -> tuple[int, str]:
    """Move an inserted line above the comment that describes the line below it.

    Args:
        old: The text.
        at: The position of the insertion.
        addition: The inserted text; others than a whole line are not moved. A line that was
            inserted within a line becomes one above that line.
    """
    start = old.rfind("\n", 0, at) + 1
    head = old[start:at]
    line = head + addition[: len(addition) - len(head)]
    if not addition.endswith(head) or not line.endswith("\n"):
        return at, addition
    above = start
    while above > 0:
        before = old.rfind("\n", 0, above - 1) + 1
        if not old[before:above].lstrip().startswith("#"):
            break
        above = before
    if above == start:
        return start, line
    is_paragraph = old[:above].endswith("\n\n")
    return above, line + ("\n" if is_paragraph else "")


def separate_table(old: str, at: int, addition: str) -> str:
    """Return an insertion with empty lines around it, if it is a table."""
    if not addition.startswith("["):
        return addition
    before = "" if at == 0 or old[:at].endswith("\n\n") else "\n"
    rest = old[at:].rstrip()
    after = "" if not rest or addition.endswith("\n\n") or rest.startswith("\n") else "\n"
    return before + addition + after


def byte_offset(text: str, at: int) -> int:
    """Convert a position in the normalized text to a byte offset in the file.

    The normalized text has neither a byte order mark nor carriage returns.
    """
    kept = re.finditer(r"\r\n|[^\ufeff]|(?<!\A)\ufeff", text, re.DOTALL)
    positions = [match.start() for match in kept]
    end = positions[at] if at < len(positions) else len(text)
    return len(text[:end].encode())
