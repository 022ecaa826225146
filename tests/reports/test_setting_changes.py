from __future__ import annotations

import pytest

from shield_ai.reports.setting_changes import settings_lines

OLD = {
    "document": {"Statement": [{"Action": ["a", "b"], "Effect": "Allow"}]},
    "days": 30,
    "on": True,
    "tags": {"t": "x"},
}


def test_only_differences():
    new = {
        "document": {"Statement": [{"Action": ["c", "b"], "Effect": "Allow"}]},
        "days": 7,
        "on": True,
        "tags": {},
    }
    assert settings_lines(OLD, new) == [
        "- document.Statement[0].Action: a",
        "+ document.Statement[0].Action: c",
        "- days: 30",
        "+ days: 7",
        "- tags.t: x",
    ]
    assert settings_lines(OLD, OLD) == []


def test_new_and_removed_settings():
    assert settings_lines(None, {"a": None, "b": False}) == ["+ a: null", "+ b: false"]
    assert settings_lines({"a": "x"}, None) == ["- a: x"]


def test_empty_setting_is_not_set():
    assert settings_lines(None, {"window": "", "n": 0}) == ["+ n: 0"]
    assert settings_lines({"window": "1h"}, {"window": ""}) == ["- window: 1h"]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        pytest.param("60", 60, ['- a: "60"', "+ a: 60"], id="number"),
        pytest.param("true", True, ['- a: "true"', "+ a: true"], id="boolean"),
        pytest.param(1, True, ["- a: 1", "+ a: true"], id="equal in Python"),
        pytest.param(["x"], ["x", "x"], ["+ a: x"], id="duplicate"),
        pytest.param(["x", "y"], ["y", "x"], [], id="order"),
    ],
)
def test_type_and_count_are_differences(before, after, lines):
    assert settings_lines({"a": before}, {"a": after}) == lines


def test_values_that_differ_in_the_middle_are_not_shortened():
    before, after = ("x" * 60 + text + "y" * 60 for text in ("old", "new"))
    assert settings_lines({"a": before}, {"a": after}) == [f"- a: {before}", f"+ a: {after}"]


def test_long_list_is_counted():
    lines = settings_lines(None, {"a": [str(n) for n in range(40)]})
    assert len(lines) == 12
    assert lines[-1] == "  … 29 more lines; run shield plan --json"


def test_long_value_is_shortened_and_printable():
    (line,) = settings_lines(None, {"a": "arn:" + "x" * 200 + "\x1b[2Jend"})
    assert line.startswith("+ a: arn:")
    assert line.endswith("?[2Jend")
    assert len(line) == 72
