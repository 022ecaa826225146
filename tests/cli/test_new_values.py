from __future__ import annotations

import io

import pytest

from shield_ai.cli.new_values import read_new_values
from shield_ai.model.errors import ShieldError


@pytest.mark.parametrize(
    ("piped", "fields", "expected"),
    [
        pytest.param("user\npassword\n", ["a", "b"], ["user", "password"], id="a line for each"),
        pytest.param(
            "us\x0cer\npass\x85word", ["a", "b"], ["us\x0cer", "pass\x85word"], id="no ends"
        ),
        pytest.param("one\ntwo\n", [""], ["one\ntwo"], id="several lines"),
    ],
)
def test_reads_piped_values(monkeypatch, piped, fields, expected):
    monkeypatch.setattr("sys.stdin", io.StringIO(piped))
    found = read_new_values(fields, yes=True)
    assert [value.reveal() for value in found.values()] == expected


@pytest.mark.parametrize(("piped", "lines"), [("", "0 lines"), ("x\n", "1 line")])
def test_needs_a_line_for_each_field(monkeypatch, piped, lines):
    monkeypatch.setattr("sys.stdin", io.StringIO(piped))
    with pytest.raises(ShieldError, match=f"standard input has {lines}, but 2 values are needed"):
        read_new_values(["a", "b"], yes=True)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_does_not_read_a_visible_value(monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal("x\n"))
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with pytest.raises(ShieldError, match="stdin is a terminal, so the value would be visible"):
        read_new_values([""], yes=True)
