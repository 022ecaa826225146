from __future__ import annotations

import ast

import pytest

from shield_ai.project.python_source import Source, apply_edits
from shield_ai.rewrite.python.lines.source_edits import first_line, insert_below


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"f(\n)\ny = 1\n", b"f(\n)\nx = 2\ny = 1\n", id="below a multiline statement"),
        pytest.param(b"f()", b"f()\nx = 2\n", id="no final newline"),
        pytest.param(b"f()\r\n", b"f()\r\nx = 2\r\n", id="crlf"),
    ],
)
def test_insert_below(before, after):
    source = Source.from_bytes("s.py", before)
    edit = insert_below(source, source.tree.body[0], "x = 2\n")
    assert apply_edits(before, [edit]) == after


def test_first_line_includes_decorators():
    [plain, decorated] = ast.parse("x = 1\n@a\n@b\ndef f(): ...\n").body
    assert (first_line(plain), first_line(decorated)) == (1, 2)
