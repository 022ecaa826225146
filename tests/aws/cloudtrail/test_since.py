"""The start of an audit: a period before now, or a date."""

import datetime as dt

import pytest
from trail_helpers import NOW

from shield_ai.aws.cloudtrail.since import parse_since
from shield_ai.model.errors import ShieldError

WEEK = NOW - dt.timedelta(days=7)


@pytest.mark.parametrize(
    ("text", "at"),
    [("7d", WEEK), ("12h", NOW - dt.timedelta(hours=12)), ("30m", NOW - dt.timedelta(minutes=30)), ("1w", WEEK), ("2026-11-17", dt.datetime(2026, 11, 17, tzinfo=dt.UTC)), ("2026-11-17T12:00:00+00:00", WEEK)],
)  # fmt: skip
def test_since(text, at):
    assert parse_since(text, NOW) == at


@pytest.mark.parametrize("text", ["", "7", "week", "7y", "-1d"])
def test_invalid_since(text):
    with pytest.raises(ShieldError, match="invalid --since"):
        parse_since(text, NOW)


def test_since_in_the_future():
    with pytest.raises(ShieldError, match="is in the future"):
        parse_since("2999-01-01", NOW)
