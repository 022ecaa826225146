"""Format the changes of an AWS resource's settings, one line per setting, 80 columns wide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.model.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.resource import Settings

_MAX_LINES = 12
_WIDTH = 72


def settings_lines(before: Settings | None, after: Settings | None) -> list[str]:
    """Return `- path: old` and `+ path: new` for each setting that differs.

    After `_MAX_LINES` lines, the others are counted.

    Args:
        before: The current settings, or None for a new resource.
        after: The new settings, or None for a removed resource.
    """
    old = dict(_flatten(before or {}))
    new = dict(_flatten(after or {}))
    lines: list[str] = []
    for path in dict.fromkeys([*old, *new]):
        old_values = old.get(path, [])
        new_values = new.get(path, [])
        lines += [_line("-", path, value) for value in old_values if value not in new_values]
        lines += [_line("+", path, value) for value in new_values if value not in old_values]
    if len(lines) > _MAX_LINES:
        shown = lines[: _MAX_LINES - 1]
        more = len(lines) - len(shown)
        lines = [*shown, f"  … {more} more, see shield plan --json"]
    return lines


def _flatten(value: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield each path and its values.

    A list of scalars is one path with several values, so that a change of order is not a
    difference.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flatten(item, f"{path}.{key}" if path else str(key))
        return
    if not isinstance(value, list):
        yield path, [] if value == "" else [_format_value(value)]  # an empty setting is not set
        return
    if any(isinstance(item, (dict, list)) for item in value):
        for number, item in enumerate(value):
            yield from _flatten(item, f"{path}[{number}]")
        return
    yield path, [_format_value(item) for item in value]


def _format_value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _line(mark: str, path: str, value: str) -> str:
    """Format a value; replace the middle of a long one, since both ends of an ARN are needed."""
    text = printable(f"{mark} {path}: {value}")
    if len(text) <= _WIDTH:
        return text
    half = _WIDTH // 2
    return f"{text[:half]}…{text[half + 1 - _WIDTH :]}"
