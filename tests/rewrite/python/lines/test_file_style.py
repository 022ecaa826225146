from __future__ import annotations

import pytest

from shield_ai.project.python_source import Source
from shield_ai.rewrite.python.lines.file_style import file_quote, indentation


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        pytest.param("x = 1\n", '"', id="no quotes"),
        pytest.param("x = 'a'\n", "'", id="single"),
        pytest.param("x = 'a', \"b\"\n", '"', id="equal"),
    ],
)
def test_file_quote(text, quote):
    assert file_quote(Source.from_bytes("s.py", text.encode())) == quote


@pytest.mark.parametrize(
    ("line", "indent", "step"),
    [
        pytest.param("x = 1", "", "    ", id="none"),
        pytest.param("  x = 1 ", "  ", "    ", id="spaces"),
        pytest.param("\tx = 1", "\t", "\t", id="tabs"),
    ],
)
def test_indentation(line, indent, step):
    assert indentation(line) == (indent, step)
