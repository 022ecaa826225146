"""Text without control characters."""

from __future__ import annotations

import json

import pytest

from shield_ai.model.printable import escape_json, printable, printable_lines

UNSAFE = (
    *map(chr, range(9)),
    *map(chr, range(11, 32)),
    *map(chr, range(127, 160)),
    *"\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060",
    *"\u2066\u2067\u2068\u2069\ufeff\ud800\udcff",
    *"\u00ad\u0600\u180e\u2065\u206a\ufff9\U0001d173\U000e0001\U000e0061",  # format
    *"\u0378\ue000\uffff\U0010ffff",  # unassigned and private use
    *"\u034f\u115f\u17b4\u180b\u3164\ufe0f\uffa0\U000e0100",  # invisible letters and marks
)


@pytest.mark.parametrize("character", UNSAFE, ids=ascii)
def test_replaces_unsafe_characters(character):
    assert printable(f"a{character}b") == "a?b"
    assert printable_lines(f"a{character}b\n\tc") == "a?b\n\tc"
    assert printable_lines(f"a{character}b", keep_color=True) == "a?b"


def test_keeps_other_text():
    assert printable("café 東京 🔑 •••…·") == "café 東京 🔑 •••…·"
    assert printable("é हिन्दी العربية\u064b\xa0") == "é हिन्दी العربية\u064b\xa0"
    assert printable("a\nb\tc") == "a?b    c"
    assert printable_lines("a\n\tcafé\n") == "a\n\tcafé\n"


def test_keeps_only_the_codes_of_colors():
    text = "\x1b[31mred\x1b[0m \x1b[2J \x1b]0;title\x07 \x1b[8mhidden\x1b[38m"
    assert (
        printable_lines(text, keep_color=True)
        == "\x1b[31mred\x1b[0m ?[2J ?]0;title? ?[8mhidden?[38m"
    )
    assert printable_lines("\x1b[31mred") == "?[31mred"


def test_escapes_json():
    document = {"a\x9b\u202e": '\u2028\U000e0061\x7f \\ " é'}
    escaped = escape_json(json.dumps(document, ensure_ascii=False))
    assert json.loads(escaped) == document
    assert escaped == '{"a\\u009b\\u202e": "\\u2028\\udb40\\udc61\\u007f \\\\ \\" é"}'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("::error file=a::b.py", "?:error file=a::b.py", id="github"),
        pytest.param("a\n \t\xa0::add-mask::b", "a\n \t\xa0?:add-mask::b", id="indented"),
        pytest.param("a ##[set-output name=x]1", "a #?[set-output name=x]1", id="github, old"),
        pytest.param("##vso[task.setvariable]", "#?vso[task.setvariable]", id="azure"),
        pytest.param("x: ##TeamCity[a]", "x: #?TeamCity[a]", id="teamcity"),
        pytest.param(
            "a ::b ::1\n::1 std::x\n## b [c]", "a ::b ::1\n::1 std::x\n## b [c]", id="none"
        ),
    ],
)
def test_does_not_print_ci_commands(text, shown):
    assert printable_lines(text) == shown
    assert printable_lines(text, keep_color=True) == shown


def test_does_not_print_ci_commands_after_a_color():
    assert printable_lines("\x1b[1m::error::b", keep_color=True) == "\x1b[1m?:error::b"


def test_escapes_ci_commands_in_json():
    escaped = escape_json('{"a": "##vso[x]"}')
    assert "##" not in escaped
    assert json.loads(escaped) == {"a": "##vso[x]"}
