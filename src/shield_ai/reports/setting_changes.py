"""Format the changes of an AWS resource's settings, one line per value."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from shield_ai.model.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.resource import Settings

_MAX_LINES = 12
_WIDTH = 72  # columns; the reports indent the lines
_OTHER_SCALAR = re.compile(r"true|false|null|-?\d+(?:\.\d+)?")


def settings_lines(before: Settings | None, after: Settings | None) -> list[str]:
    """Return `- path: old` and `+ path: new` for each setting that differs.

    At most `_MAX_LINES` lines; the last one then counts the omitted lines.

    Args:
        before: The current settings, or None for a new resource.
        after: The new settings, or None for a removed resource.
    """
    old = dict(_flatten(before or {}))
    new = dict(_flatten(after or {}))
    lines: list[str] = []
    for path in dict.fromkeys([*old, *new]):
        lines += _changed_lines(path, old.get(path, []), new.get(path, []))
    if len(lines) > _MAX_LINES:
        shown = lines[: _MAX_LINES - 1]
        more = len(lines) - len(shown)
        lines = [*shown, f"  … {more} more lines; run shield plan --json"]
    return lines


def _changed_lines(path: str, before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Format the values that only one side has; shorten them if they still differ."""
    old, new = Counter(before), Counter(after)
    removed = [printable(f"{path}: {value}") for value in (old - new).elements()]
    added = [printable(f"{path}: {value}") for value in (new - old).elements()]
    if set(map(_shorten, removed)).isdisjoint(map(_shorten, added)):
        removed = [_shorten(text) for text in removed]
        added = [_shorten(text) for text in added]
    return [f"- {text}" for text in removed] + [f"+ {text}" for text in added]


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
    """Return a string without quotes, unless it looks like a value of another type."""
    is_plain = isinstance(value, str) and not _OTHER_SCALAR.fullmatch(value)
    return value if is_plain else json.dumps(value)


def _shorten(text: str) -> str:
    """Replace the middle of a long text, since both ends of an ARN are needed."""
    width = _WIDTH - len("- ")
    if len(text) <= width:
        return text
    half = width // 2
    return f"{text[:half]}…{text[half + 1 - width :]}"
