"""Read the new values of a manual rotation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from shield_ai.cli.console import can_ask, no_terminal_text
from shield_ai.cli.prompts import prompt_hidden
from shield_ai.model.errors import ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.model.plurals import count

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_new_values(fields: Sequence[str], *, yes: bool) -> dict[str, Hidden]:
    """Prompt for each field with hidden input; without a terminal, read standard input.

    Args:
        fields: The names of the fields; one empty name for a secret without fields. A single value
            may have several lines.
        yes: Whether --yes was given.

    Raises:
        ShieldError: There is no terminal for a hidden prompt and no piped input, or the number of
            lines is wrong.
    """
    if can_ask():
        return {field: prompt_hidden(f"New {field or 'value'} (hidden input)") for field in fields}
    _require_piped_input(yes=yes)
    try:
        piped = sys.stdin.read().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ShieldError(
            "standard input is not UTF-8 text", "encode the value as text, for example in Base64"
        ) from None
    if len(fields) == 1:  # a key can have several lines
        return {fields[0]: Hidden(piped)}
    lines = piped.split("\n") if piped else []  # splitlines() also splits at form feeds
    if len(lines) != len(fields):
        raise ShieldError(
            f"standard input has {count(len(lines), 'line')}, but {len(fields)} values are needed",
            f"give one line for each: {', '.join(fields)}",
        )
    return dict(zip(fields, map(Hidden, lines), strict=True))


def _require_piped_input(*, yes: bool) -> None:
    if not yes:
        raise ShieldError(
            f"confirmation required, but {no_terminal_text()}",
            "pipe the new value to stdin and use --yes",
        )
    if sys.stdin.isatty():
        raise ShieldError(
            "stdin is a terminal, so the value would be visible", "pipe the new value to stdin"
        )
