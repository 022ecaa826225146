"""A little colour for terminals; the text says the same without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
SEVERITIES = {
    Severity.CRITICAL: "red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}


def wanted(environ: Mapping[str, str], *, tty: bool) -> bool:
    """Tell whether output to a stream is to be coloured (https://no-color.org)."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return tty and environ.get("TERM") != "dumb"


def paint(text: str, style: str, *, colour: bool) -> str:
    """Put a style around text."""
    return f"\x1b[{CODES[style]}m{text}\x1b[0m" if colour and text else text
