"""Rotation schedules of Secrets Manager: `30 days`, `rate(...)` and `cron(...)`, in UTC.

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

# AWS's limits for the time between two rotations
MIN_INTERVAL = timedelta(hours=4)
MAX_INTERVAL = timedelta(days=999)
HOURS_PER_DAY = 24
HOURS = {"hour": 1, "day": HOURS_PER_DAY, "week": 7 * HOURS_PER_DAY}
RATE = re.compile(r"\s*([0-9]{1,6})\s*(hour|day|week)s?\s*")
NUMBER = re.compile(r"[0-9]{1,2}")
WINDOW = re.compile(r"\s*([0-9]{1,2})\s*(?:h|hours?)\s*")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# In any 40 years, February 29 falls on every weekday at least once, even around 2100, which is not
# a leap year.
DAYS_TO_SEARCH = 40 * 366
# Start of the period that is checked: it contains a leap year and a common year.
START = datetime(2000, 1, 1, tzinfo=UTC)
DAYS_TO_COMPARE = 800
HINT = (
    'write "30 days", "12 hours", "rate(10 days)" or "cron(0 3 1 * ? *)", '
    "which fires at 3:00 UTC on the first day of each month"
)


@dataclass(frozen=True)
class Cron:
    """The variable fields of `cron(...)`; Secrets Manager requires minutes 0 and year `*`."""

    hours: frozenset[int]
    day: str
    month: frozenset[int]
    weekday: str

    def fires_on(self, day: datetime) -> bool:
        """Return True if the schedule fires on a day.

        Raises:
            ValueError: A field is invalid.
        """
        if day.month not in self.month:
            return False
        if self.weekday == "?":
            return self._matches_day(day)
        return self._matches_weekday(day)

    def _matches_day(self, day: datetime) -> bool:
        if self.day == "L":
            return day.day == _days_in_month(day)
        return day.day in _parse_field(self.day, 1, 31)

    def _matches_weekday(self, day: datetime) -> bool:
        weekday = day.isoweekday() % 7 + 1  # AWS numbers the weekdays from 1 (Sunday)
        name, hash_sign, nth = self.weekday.partition("#")
        if hash_sign:
            is_nth = (day.day + 6) // 7 == _parse_int(nth)
            return weekday == _parse_number(name, 1, 7, WEEKDAYS) and is_nth
        if self.weekday == "L":
            return weekday == 7
        if self.weekday.endswith("L"):
            is_last = day.day > _days_in_month(day) - 7
            return weekday == _parse_number(self.weekday[:-1], 1, 7, WEEKDAYS) and is_last
        return weekday in _parse_field(self.weekday, 1, 7, WEEKDAYS)

    def fire_times(self, after: datetime) -> Iterator[datetime]:
        """Yield the times at which the schedule fires in the 40 years after a time, in order.

        Args:
            after: The time, in any time zone.

        Raises:
            ValueError: A field is invalid.
        """
        midnight = datetime.combine(after.astimezone(UTC).date(), time(), UTC)
        for number in range(DAYS_TO_SEARCH):
            day = midnight + timedelta(days=number)
            if not self.fires_on(day):
                continue
            for hour in sorted(self.hours):
                moment = day.replace(hour=hour)
                if moment > after:
                    yield moment


def _days_in_month(day: datetime) -> int:
    return calendar.monthrange(day.year, day.month)[1]


@dataclass(frozen=True)
class Schedule:
    """The rotation schedule of a secret.

    Args:
        expression: The schedule in AWS's syntax.
        every: The time between two rotations; None for `cron(...)`.
        cron: The fields of `cron(...)`; None for `rate(...)`.
    """

    expression: str
    every: timedelta | None = None
    cron: Cron | None = None

    def next(self, last: datetime) -> datetime:
        """Return the time of the rotation that follows the last one.

        Raises:
            ValueError: The schedule has neither an interval nor cron fields.
        """
        if self.every:
            return last + self.every
        if self.cron:
            return next(self.cron.fire_times(last))
        raise ValueError("a schedule requires either every or cron")


def parse_schedule(text: str) -> Schedule:
    """Parse a schedule.

    Raises:
        ManifestError: The schedule is invalid, or AWS does not support it.
    """
    cron = re.fullmatch(r"\s*cron\((.*)\)\s*", text)
    return _parse_cron(cron[1]) if cron else _parse_rate(text.strip())


def _parse_rate(text: str) -> Schedule:
    has_parentheses = text.startswith("rate(") and text.endswith(")")
    rate = RATE.fullmatch(text[len("rate(") : -1] if has_parentheses else text)
    if not rate:  # the text is not shown: it can be a secret in the wrong place
        raise ManifestError("invalid rotation schedule", HINT)
    hours = int(rate[1]) * HOURS[rate[2]]
    every = timedelta(hours=hours)
    if every < MIN_INTERVAL:
        raise ManifestError(
            f"rotation schedule {text!r} is shorter than AWS's minimum of 4 hours",
            'write "4 hours" or more',
        )
    if every > MAX_INTERVAL:
        raise ManifestError(
            f"rotation schedule {text!r} is longer than AWS's maximum of 999 days",
            'write "999 days" or less',
        )
    number, unit = hours, "hour"
    if hours % HOURS_PER_DAY == 0:
        number, unit = hours // HOURS_PER_DAY, "day"
    plural = "s" if number > 1 else ""
    return Schedule(f"rate({number} {unit}{plural})", every)


def _parse_cron(text: str) -> Schedule:
    fields = text.upper().split()
    expression = f"cron({' '.join(fields)})"
    if len(fields) != 6:
        raise ManifestError(f"{expression} must have 6 fields, but has {len(fields)}", HINT)
    minutes, hours, day, month, weekday, year = fields
    if minutes != "0" or year != "*":
        raise ManifestError(f"{expression}: the minutes must be 0, and the year *", HINT)
    if (day == "?") == (weekday == "?"):
        raise ManifestError(
            f"{expression}: either the day of the month or the day of the week must be ?", HINT
        )
    try:
        cron = Cron(_parse_field(hours, 0, 23), day, _parse_field(month, 1, 12, MONTHS), weekday)
        first = next(cron.fire_times(START), None)
    except ValueError as error:
        raise ManifestError(f"{expression}: invalid value {str(error)!r}", HINT) from None
    if first is None:
        raise ManifestError(f"{expression} never fires", HINT)
    if _fires_too_often(cron):
        raise ManifestError(
            f"{expression} fires more often than every 4 hours, AWS's minimum", HINT
        )
    return Schedule(expression, cron=cron)


def _fires_too_often(cron: Cron) -> bool:
    end = START + timedelta(days=DAYS_TO_COMPARE)
    times = itertools.takewhile(lambda moment: moment < end, cron.fire_times(START))
    return any(after - before < MIN_INTERVAL for before, after in itertools.pairwise(times))


def _parse_field(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    """Parse a field: `*`, `3`, `MON-FRI`, `8/12`, `1,15`."""
    numbers: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        start = low if first == "*" else _parse_number(first, low, high, names)
        end = start
        if dash:
            end = _parse_number(last, low, high, names)
        elif slash or first == "*":
            end = high
        interval = _parse_int(step) if slash else 1
        if start > end or interval < 1:
            raise ValueError(part)
        numbers.update(range(start, end + 1, interval))
    return frozenset(numbers)


def _parse_number(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> int:
    number = names.index(text) + 1 if text in names else _parse_int(text)
    if not low <= number <= high:
        raise ValueError(text)
    return number


def _parse_int(text: str) -> int:
    if not NUMBER.fullmatch(text):  # int() also accepts signs, underscores and other digits
        raise ValueError(text)
    return int(text)


def parse_window(text: str, schedule: Schedule) -> str:
    """Parse a rotation window, `3 hours` or `3h`, and return it in AWS's syntax.

    Raises:
        ManifestError: The window is invalid, or AWS does not support it with this schedule.
    """
    match = WINDOW.fullmatch(text)
    hours = int(match[1]) if match else 0
    if not 1 <= hours <= HOURS_PER_DAY:
        raise ManifestError("invalid rotation window", 'write "1h" to "24h"')
    longest = _longest_window(schedule)
    if hours > longest:
        raise ManifestError(
            f"the rotation window {hours}h extends into the next UTC day or the next rotation",
            f'write "{longest}h" or less',
        )
    return f"{hours}h"


def _longest_window(schedule: Schedule) -> int:
    """Return the hours until the next rotation on the same day or the end of the UTC day.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html
    """
    if schedule.cron:
        starts = [*sorted(schedule.cron.hours), HOURS_PER_DAY]
        return min(after - before for before, after in itertools.pairwise(starts))
    every = schedule.every or timedelta(days=1)
    return min(every // timedelta(hours=1), HOURS_PER_DAY)
