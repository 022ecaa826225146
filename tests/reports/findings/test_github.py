from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_helpers import Severity, finding

from shield_ai.model.printable import printable, printable_lines
from shield_ai.model.skip import SkipId
from shield_ai.reports.findings.github import github

# What the runner accepts, and how it decodes it.
# https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def decode(text, *more):
    for code, character in (("%0D", "\r"), ("%0A", "\n"), *more, ("%25", "%")):
        text = text.replace(code, character)
    return text


def parse(line):
    name, properties, message = COMMAND.fullmatch(line).groups()
    pairs = dict(pair.split("=", 1) for pair in properties.split(","))
    decoded = {key: decode(value, ("%3A", ":"), ("%2C", ",")) for key, value in pairs.items()}
    return name, decoded, decode(message)


def test_annotations_are_ordered_by_severity():
    ranks = [Severity.LOW, Severity.CRITICAL, Severity.MEDIUM, Severity.HIGH]
    text = github([finding(line=i + 1, severity=rank) for i, rank in enumerate(ranks)])
    *commands, summary = text.splitlines()
    assert [(parse(line)[0], parse(line)[1]["line"]) for line in commands] == [
        ("error", "2"),
        ("error", "4"),
        ("warning", "3"),
        ("notice", "1"),
    ]
    assert summary.startswith("4 findings in 1 file: ")


def test_place_of_an_annotation():
    name, properties, message = parse(github([finding()]).splitlines()[0])
    assert (name, message) == ("warning", finding().message)
    assert properties == {
        "file": "app/settings.py",
        "line": "1",
        "endLine": "1",
        "title": "CSEC34.environ-read (medium)",
        "col": "1",
        "endColumn": "9",
    }
    assert "col=" not in github([finding(end_line=2)])


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        pytest.param("a,b:c%0A::error::x.py", "a,b:c%0A::error::x.py", id="delimiters"),
        pytest.param("a\n::stop-commands::x", "a?::stop-commands::x", id="newline"),
        pytest.param("a\r::error::\u2028\x0b\x85x", "a?::error::???x", id="other line ends"),
        pytest.param("\u202eyp.a", "?yp.a", id="direction"),
        pytest.param("##[error]x", "##[error]x", id="other form"),
    ],
)
def test_hostile_names_inject_nothing(path, shown):
    hostile = finding(path=path, name=path, message=path)
    skip = SkipId.RULE_TIMED_OUT.reason(rules=path).entry(path)
    first, second, _ = github([hostile], [skip]).split("\n", 2)
    for line in (first, second):
        assert parse(line)[1]["file"] == shown
    assert parse(second)[2] == shown
    assert len(github([hostile], [skip]).splitlines()) == 3


@given(st.text(min_size=1), st.text())
def test_each_name_and_message_is_read_as_it_is_written(path, message):
    line, _ = github([finding(path=path, message=message)]).splitlines()
    _, properties, text = parse(line)
    assert (properties["file"], text) == (printable(path), printable(message))


def test_only_this_format_keeps_commands():
    text = github([finding()])
    assert printable_lines(text, keep_commands=True) == text
    assert COMMAND.search(printable_lines(text)) is None


def test_limit_of_annotations_is_mentioned():
    assert "at most 10" not in github([finding()] * 10 + [finding(severity=Severity.LOW)] * 10)
    assert github([]) == "no findings\n"
    assert github([finding()] * 11).endswith(
        "; GitHub shows at most 10 annotations of each level\n"
    )
