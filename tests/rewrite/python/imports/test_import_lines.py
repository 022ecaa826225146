from __future__ import annotations

import pytest

from shield_ai.rewrite.code_style import CodeStyle
from shield_ai.rewrite.python.imports.import_lines import import_lines


@pytest.mark.parametrize(
    ("names", "style", "lines"),
    [
        (["a", "b"], CodeStyle(), ["from m import a, b"]),
        (["a as x", "b"], CodeStyle(), ["from m import a as x", "from m import b"]),
        (["a as x", "b"], CodeStyle(combine_as_imports=True), ["from m import a as x, b"]),
        (["a", "b"], CodeStyle(force_grid_wrap=2), ["from m import (\n    a,\n    b,\n)"]),
        (["a"], CodeStyle(force_grid_wrap=2), ["from m import a"]),
        ([], CodeStyle(), []),
        (
            ["a" * 50, "b" * 50],
            CodeStyle(),
            [f"from m import (\n    {'a' * 50},\n    {'b' * 50},\n)"],
        ),
    ],
)
def test_import_lines(names, style, lines):
    assert import_lines("m", names, style) == lines
