from __future__ import annotations

import pytest

from shield_ai.rewrite.project.markdown_tables import align_tables

BEFORE = "# A\n\n| a | name |\n|---|---|\n| `long one` | x \\| y |\n\nText | with a bar.\n"
AFTER = """\
# A

| a          | name   |
| ---------- | ------ |
| `long one` | x \\| y |

Text | with a bar.
"""


def test_aligns_the_columns():
    assert align_tables(BEFORE) == AFTER
    assert align_tables(AFTER) == AFTER


@pytest.mark.parametrize("text", ["", "Text.\n", "| a | b |\n|---|\n| c | d |\n"])
def test_leaves_everything_else(text):
    assert align_tables(text) == text
