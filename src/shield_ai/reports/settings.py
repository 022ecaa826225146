"""What changes in the settings of one thing in AWS, a line a setting, 80 columns wide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.reports.mask import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.resource import Settings

_MOST = 12  # lines; more hide the plan
_WIDTH = 72


def settings_lines(before: Settings | None, after: Settings | None) -> list[str]:
    """Return `- path: old` and `+ path: new` for every setting that differs, the long rest counted.

    Args:
        before: None where it is not there yet.
        after: None where it is taken away.
    """
    old, new = dict(_leaves(before or {})), dict(_leaves(after or {}))
    lines: list[str] = []
    for path in dict.fromkeys([*old, *new]):
        gone = [value for value in old.get(path, []) if value not in new.get(path, [])]
        come = [value for value in new.get(path, []) if value not in old.get(path, [])]
        lines += [_line("-", path, value) for value in gone] + [
            _line("+", path, value) for value in come
        ]
    if len(lines) > _MOST:
        rest = len(lines) - _MOST + 1
        lines = [*lines[: _MOST - 1], f"  … {rest} more, all of them in shield plan --json"]
    return lines


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Give each place its values: a list of plain ones is one place, so that its order shows no difference."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}[{number}]")
    else:
        yield path, [_word(item) for item in value] if isinstance(value, list) else [_word(value)]


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _line(mark: str, path: str, value: str) -> str:
    text = printable(f"{mark} {path}: {value}")
    half = _WIDTH // 2  # of an ARN, both ends tell something
    return text if len(text) <= _WIDTH else f"{text[:half]}…{text[half + 1 - _WIDTH :]}"
