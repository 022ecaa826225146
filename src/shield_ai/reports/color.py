"""ANSI colors for terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
SEVERITY_COLORS = {
    Severity.CRITICAL: "red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}


def use_color(environ: Mapping[str, str], *, tty: bool) -> bool:
    """Return whether output should be colored (https://no-color.org).

    Args:
        environ: The environment variables of the process.
        tty: Whether the output goes to a terminal.
    """
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return tty and environ.get("TERM") != "dumb"


def paint(text: str, style: str, *, color: bool) -> str:
    """Wrap text in the ANSI codes of a style, unless color is off or the text is empty."""
    if not color or not text:
        return text
    return f"\x1b[{CODES[style]}m{text}\x1b[0m"
