from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.errors import ManifestError
from shield_ai.model.schedule import parse_schedule, parse_window

LAST = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "expression", "after"),
    [
        pytest.param("30 days", "rate(30 days)", timedelta(days=30), id="days"),
        pytest.param("1 day", "rate(1 day)", timedelta(days=1), id="a day"),
        pytest.param("24 hours", "rate(1 day)", timedelta(days=1), id="a day in hours"),
        pytest.param("4 hours", "rate(4 hours)", timedelta(hours=4), id="minimum"),
        pytest.param("2 weeks", "rate(14 days)", timedelta(days=14), id="weeks"),
        pytest.param("rate(10 days)", "rate(10 days)", timedelta(days=10), id="AWS's form"),
        pytest.param("rate( 999 days )", "rate(999 days)", timedelta(days=999), id="maximum"),
    ],
)
def test_parses_rates(text, expression, after):
    schedule = parse_schedule(text)
    assert schedule.expression == expression
    assert schedule.next(LAST) == LAST + after


@pytest.mark.parametrize(
    ("text", "then"),
    [
        pytest.param("cron(0 8 1 * ? *)", "2026-12-01 08:00", id="a day of the month"),
        pytest.param("cron(0 23 * * ? *)", "2026-11-24 23:00", id="later today"),
        pytest.param("cron(0 19 * * ? *)", "2026-11-25 19:00", id="tomorrow"),
        pytest.param("cron(0 4/12 * * ? *)", "2026-11-25 04:00", id="every 12 hours from 4:00"),
        pytest.param("cron(0 8 L * ? *)", "2026-11-30 08:00", id="the last of the month"),
        pytest.param("cron(0 8 31 * ? *)", "2026-12-31 08:00", id="day that some months lack"),
        pytest.param("cron(0 0 29 FEB ? *)", "2028-02-29 00:00", id="the 29th of February"),
        pytest.param("cron(0 3 ? FEB SUN#5 *)", "2032-02-29 03:00", id="the fifth Sunday of it"),
        pytest.param("cron(0 3 ? FEB SAT#5 *)", "2048-02-29 03:00", id="the fifth Saturday of it"),
        pytest.param("cron(0 3 ? * MON *)", "2026-11-30 03:00", id="a weekday"),
        pytest.param("cron(0 3 ? * 2-6 *)", "2026-11-25 03:00", id="weekdays from Sunday, 1"),
        pytest.param("cron(0 3 ? * L *)", "2026-11-28 03:00", id="the last day of the week"),
        pytest.param("cron(0 3 ? * SUN#1 *)", "2026-12-06 03:00", id="the first Sunday"),
        pytest.param("cron(0 3 ? * 5L *)", "2026-11-26 03:00", id="the last Thursday"),
        pytest.param("cron(0 1 1 JAN,APR,JUL,OCT ? *)", "2027-01-01 01:00", id="each quarter"),
        pytest.param("cron(0 1 1 */6 ? *)", "2027-01-01 01:00", id="each half year"),
    ],
)
def test_parses_crons(text, then):
    assert parse_schedule(text).expression == text
    assert f"{parse_schedule(text).next(LAST):%Y-%m-%d %H:%M}" == then


def test_the_last_rotation_can_be_in_another_time_zone():
    """boto3 returns the time zone of the machine."""
    schedule = parse_schedule("cron(0 20 24 * ? *)")
    in_tokyo = LAST.astimezone(timezone(timedelta(hours=9)))  # on the next day
    assert schedule.next(in_tokyo) == schedule.next(LAST) == LAST.replace(hour=20, minute=0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "invalid rotation schedule", id="empty"),
        pytest.param("30", "invalid rotation schedule", id="no unit"),
        pytest.param("monthly", "invalid rotation schedule", id="a word"),
        pytest.param("rate(30 days", "invalid rotation schedule", id="no bracket"),
        pytest.param("3 hours", "shorter than AWS's minimum of 4 hours", id="three hours"),
        pytest.param("0 days", "shorter than AWS's minimum of 4 hours", id="zero"),
        pytest.param("1000 days", "longer than AWS's maximum of 999 days", id="too long"),
        pytest.param("cron(0 8 1 * ?)", "must have 6 fields, but has 5", id="no year"),
        pytest.param("cron(30 8 1 * ? *)", "the minutes must be 0", id="minutes"),
        pytest.param("cron(0 8 1 * ? 2027)", "the minutes must be 0, and the year *", id="a year"),
        pytest.param("cron(0 8 1 * MON *)", "must be ?", id="both days"),
        pytest.param("cron(0 8 ? * ? *)", "must be ?", id="neither day"),
        pytest.param("cron(0 24 1 * ? *)", "invalid value '24'", id="no such hour"),
        pytest.param("cron(0 8 32 * ? *)", "invalid value '32'", id="no such day"),
        pytest.param("cron(0 8 1 13 ? *)", "invalid value '13'", id="no such month"),
        pytest.param("cron(0 8 ? * FOO *)", "invalid value 'FOO'", id="no such weekday"),
        pytest.param("cron(0 8 ? * MON# *)", "invalid value ''", id="no number after the hash"),
        pytest.param("cron(0 8/0 1 * ? *)", "invalid value '8/0'", id="no step"),
        pytest.param("cron(0 9-8 1 * ? *)", "invalid value '9-8'", id="backwards"),
        pytest.param("cron(0 1_5 1 * ? *)", "invalid value '1_5'", id="underscore"),
        pytest.param("cron(0 +3 1 * ? *)", "invalid value '+3'", id="sign"),
        pytest.param("cron(0 \uff13 1 * ? *)", "invalid value '\uff13'", id="full-width digit"),
        pytest.param("cron(0 8/+12 1 * ? *)", "invalid value '+12'", id="sign of a step"),
        pytest.param("cron(0 8 ? * 2#+2 *)", "invalid value '+2'", id="sign of a week"),
        pytest.param("cron(0 8 31 FEB ? *)", "never fires", id="never"),
        pytest.param(
            "cron(0 */3 * * ? *)", "fires more often than every 4 hours", id="each three hours"
        ),
        pytest.param(
            "cron(0 0,22 * * ? *)", "fires more often than every 4 hours", id="over midnight"
        ),
    ],
)
def test_invalid_schedules(text, message):
    with pytest.raises(ManifestError) as caught:
        parse_schedule(text)
    assert message in caught.value.message
    assert caught.value.hint


def test_hours_that_never_follow_each_other():
    assert parse_schedule("cron(0 0,22 1 * ? *)").cron


@given(
    st.text(max_size=30),
    st.sampled_from(["{}", "rate({})", "cron({})", "cron(0 {} * * ? *)", "cron(0 1 {} * ? *)"]),
)
def test_every_text_is_valid_or_rejected(text, form):
    try:
        schedule = parse_schedule(form.format(text))
    except ManifestError:
        return
    first = schedule.next(LAST)
    assert first > LAST
    assert schedule.next(first) - first >= timedelta(hours=4)
    assert parse_schedule(schedule.expression).next(LAST) == first


@pytest.mark.parametrize(("text", "is_good"), [("3h", True), ("3 hours", True), ("1 hour", True), ("0h", False), ("25h", False), ("h", False), ("90 minutes", False)])  # fmt: skip
def test_parses_windows(text, is_good):
    if is_good:
        assert parse_window(text, parse_schedule("30 days")) == f"{int(text[0])}h"
    else:
        with pytest.raises(ManifestError, match="invalid rotation window"):
            parse_window(text, parse_schedule("30 days"))


@pytest.mark.parametrize(
    ("text", "when"),
    [
        pytest.param("5h", "4 hours", id="into the next rotation"),
        pytest.param("10h", "cron(0 0,4 * * ? *)", id="into the next rotation of the day"),
        pytest.param("3h", "cron(0 22 * * ? *)", id="into the next day"),
    ],
)
def test_long_windows(text, when):
    with pytest.raises(ManifestError, match="extends into"):
        parse_window(text, parse_schedule(when))


def test_a_window_may_end_when_the_next_one_starts():
    assert parse_window("4h", parse_schedule("cron(0 0,4,20 * * ? *)")) == "4h"
