from __future__ import annotations

import pytest

from shield_ai.reports.colour import paint, wanted


@pytest.mark.parametrize(
    ("environ", "tty", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_wanted(environ, tty, expected):
    assert wanted(environ, tty=tty) is expected


def test_paint_leaves_nothing_alone():
    assert paint("", "red", colour=True) == ""
    assert paint("x", "red", colour=True) == "\x1b[31mx\x1b[0m"
    assert paint("x", "red", colour=False) == "x"
