from __future__ import annotations

import pytest

from shield_ai.reports.terminal.wrapping import wrap, wrap_lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("a b", ["> a b"], id="short"),
        pytest.param("read by app-secret-key", ["> read by", "  app-secret-key"], id="hyphens"),
        pytest.param("in app/settings/base.py", ["> in", "  app/settings/base.py"], id="long word"),
        pytest.param("", [], id="empty"),
    ],
)
def test_wraps_between_words(text: str, lines: list[str]) -> None:
    assert wrap(text, "> ", "  ", width=16) == lines


def test_all_lines_have_the_indent() -> None:
    assert wrap("one two", "  ", width=6) == ["  one", "  two"]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        pytest.param(0, "next: set it now\n  a.py   one two three\n", id="no terminal"),
        pytest.param(12, "next: set it\n  now\n  a.py   one two three\n", id="narrow"),
        pytest.param(80, "next: set it now\n  a.py   one two three\n", id="wide"),
    ],
)
def test_wraps_long_lines_without_an_indent(width: int, expected: str) -> None:
    assert wrap_lines("next: set it now\n  a.py   one two three\n", width) == expected
