"""Parse the start of an audit."""

from __future__ import annotations

import datetime as dt

from shield_ai.model.errors import ShieldError
from shield_ai.project.perf.lazy_regex import regex

_PERIOD = regex(r"(\d{1,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SINCE_HINT = "write 7d, 12h, 30m, 2w or a date in the past, such as 2026-11-24"


def parse_since(text: str, now: dt.datetime) -> dt.datetime:
    """Parse a period before now, such as `7d`, `12h`, `30m` or `2w`, or a date.

    Raises:
        ShieldError: The text is invalid, or the date is in the future.
    """
    if period := _PERIOD.fullmatch(text):
        number, unit = period.groups()
        return now - dt.timedelta(**{_UNITS[unit]: int(number)})
    try:
        start = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ShieldError(f"invalid --since {text!r}", _SINCE_HINT) from None
    if not start.tzinfo:
        start = start.replace(tzinfo=dt.UTC)
    if start > now:
        raise ShieldError(f"--since {text!r} is in the future", _SINCE_HINT)
    return start
