"""When a secret is rotated: `30 days`, `rate(...)` and `cron(...)` as AWS understands them. All times are UTC.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
"""

from __future__ import annotations

import calendar
import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from shield_ai.model.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST = timedelta(hours=4)  # AWS's limits
MOST = timedelta(days=999)
DAY = 24  # hours
UNITS = {"hour": 1, "day": DAY, "week": 7 * DAY}
RATE = re.compile(r"\s*([0-9]{1,6})\s*(hour|day|week)s?\s*")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FAR = 4 * 366 + 1  # days: any day that comes at all comes within them
HINT = 'write "30 days", "12 hours", "rate(10 days)" or "cron(0 3 1 * ? *)", which is 3:00 UTC on each first of a month'


@dataclass(frozen=True)
class Cron:
    """The fields of a `cron(...)` that vary; Secrets Manager wants 0 for the minutes and `*` for the year."""

    hours: frozenset[int]
    day: str
    month: frozenset[int]
    weekday: str

    def has(self, day: datetime) -> bool:
        """Whether it opens on a day."""
        if day.month not in self.month:
            return False
        last = calendar.monthrange(day.year, day.month)[1]
        weekday = day.isoweekday() % 7 + 1  # AWS counts from Sunday, 1
        if self.weekday == "?":
            return day.day == last if self.day == "L" else day.day in _numbers(self.day, 1, 31)
        name, hash_sign, nth = self.weekday.partition("#")
        if hash_sign:
            return weekday == _number(name, 1, 7, WEEKDAYS) and (day.day + 6) // 7 == int(nth)
        if self.weekday != "L" and self.weekday.endswith("L"):
            return weekday == _number(self.weekday[:-1], 1, 7, WEEKDAYS) and day.day > last - 7
        return weekday in (_numbers(self.weekday, 1, 7, WEEKDAYS) if self.weekday != "L" else {7})

    def opens(self, after: datetime) -> Iterator[datetime]:
        """Yield when it opens, in order, for the next years."""
        midnight = datetime.combine(after.date(), time(), UTC)
        for number in range(FAR):
            day = midnight + timedelta(days=number)
            if self.has(day):
                yield from (
                    moment
                    for hour in sorted(self.hours)
                    if (moment := day.replace(hour=hour)) > after
                )


@dataclass(frozen=True)
class Schedule:
    """When a secret is rotated.

    Args:
        expression: AWS's own form.
        every: The time between two rotations; None for a `cron(...)`.
        cron: The `cron(...)`.
    """

    expression: str
    every: timedelta | None = None
    cron: Cron | None = None

    def next(self, last: datetime) -> datetime:
        """Return when the rotation after the last one is due."""
        if self.every:
            return last + self.every
        assert self.cron  # one of both is there  # noqa: S101  # for mypy
        return next(self.cron.opens(last))


def parse(text: str) -> Schedule:
    """Read a schedule.

    Raises:
        ManifestError: It is none, or one that AWS would refuse.
    """
    cron = re.fullmatch(r"\s*cron\((.*)\)\s*", text)
    return _cron(cron[1]) if cron else _rate(text.strip())


def _rate(text: str) -> Schedule:
    inside = text[len("rate(") : -1] if text.startswith("rate(") and text.endswith(")") else text
    found = RATE.fullmatch(inside)
    if not found:
        raise ManifestError(f"{text!r} is no rotation schedule", HINT)
    hours = int(found[1]) * UNITS[found[2]]
    every = timedelta(hours=hours)
    if every < LEAST:
        raise ManifestError(
            f"{text!r} is more often than every four hours, AWS's limit", 'write "4 hours" or more'
        )
    if every > MOST:
        raise ManifestError(
            f"{text!r} is longer than 999 days, AWS's limit", 'write "999 days" or less'
        )
    number, unit = (hours, "hour") if hours % DAY else (hours // DAY, "day")
    return Schedule(f"rate({number} {unit}{'s' if number > 1 else ''})", every)


def _cron(text: str) -> Schedule:
    fields = text.upper().split()
    whole = f"cron({' '.join(fields)})"
    if len(fields) != 6:  # AWS's six
        raise ManifestError(f"{whole} has {len(fields)} fields instead of six", HINT)
    minutes, hours, day, month, weekday, year = fields
    if minutes != "0" or year != "*":
        raise ManifestError(f"{whole}: AWS wants 0 for the minutes and * for the year", HINT)
    if (day == "?") == (weekday == "?"):
        raise ManifestError(
            f"{whole}: one of day of month and day of week must be ?, and only one", HINT
        )
    try:
        cron = Cron(_numbers(hours, 0, 23), day, _numbers(month, 1, 12, MONTHS), weekday)
        moments = list(
            itertools.islice(cron.opens(datetime(2000, 1, 1, tzinfo=UTC)), 400 * len(cron.hours))
        )
    except (ValueError, IndexError):
        raise ManifestError(f"{whole} has a field that can't be", HINT) from None
    if not moments:
        raise ManifestError(f"{whole} never comes", HINT)
    if any(after - before < LEAST for before, after in itertools.pairwise(moments)):
        raise ManifestError(f"{whole} is more often than every four hours, AWS's limit", HINT)
    return Schedule(whole, cron=cron)


def _numbers(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    """Read a field: `*`, `3`, `MON-FRI`, `8/12`, `1,15`."""
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        start = low if first == "*" else _number(first, low, high, names)
        end = _number(last, low, high, names) if dash else high if slash or first == "*" else start
        if start > end or (slash and int(step) < 1):
            raise ValueError
        found |= set(range(start, end + 1, int(step) if slash else 1))
    return frozenset(found)


def _number(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> int:
    number = names.index(text) + 1 if text in names else int(text)
    if not low <= number <= high:
        raise ValueError
    return number


def window(text: str, schedule: Schedule) -> str:
    """Read how long after its beginning a rotation may take place, `3 hours` or `3h`; return AWS's form.

    Raises:
        ManifestError: It is none, or one that AWS would refuse.
    """
    found = re.fullmatch(r"\s*([0-9]{1,2})\s*(?:h|hours?)\s*", text)
    hours = int(found[1]) if found else 0
    if not 1 <= hours <= DAY:
        raise ManifestError(f"{text!r} is no rotation window", 'write "1h" to "24h"')
    last = max(schedule.cron.hours) if schedule.cron else 0
    if last + hours > DAY or (schedule.every and timedelta(hours=hours) > schedule.every):
        raise ManifestError(
            f"the window of {hours} hours reaches into the next UTC day or the next rotation",
            "shorten it",
        )
    return f"{hours}h"
