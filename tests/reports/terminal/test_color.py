from __future__ import annotations

import pytest

from shield_ai.model.output_options import use_color
from shield_ai.reports.terminal.color import paint


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
def test_use_color(environ, tty, expected):
    assert use_color(environ, is_terminal=tty) is expected


def test_paint():
    assert paint("", "red", color=True) == ""
    assert paint("x", "red", color=True) == "\x1b[31mx\x1b[0m"
    assert paint("x", "red", color=False) == "x"
