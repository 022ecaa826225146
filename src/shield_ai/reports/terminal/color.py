"""ANSI colors for terminals."""

from __future__ import annotations

from shield_ai.model.finding import Severity

CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
SEVERITY_COLORS = {
    Severity.CRITICAL: "red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}


def paint(text: str, style: str, *, color: bool) -> str:
    """Wrap text in the ANSI codes of a style, unless color is off or the text is empty."""
    if not color or not text:
        return text
    return f"\x1b[{CODES[style]}m{text}\x1b[0m"
