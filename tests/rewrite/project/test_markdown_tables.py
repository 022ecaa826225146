from __future__ import annotations

import pytest

from shield_ai.rewrite.project.markdown_tables import align_tables, uses_prettier

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


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, False, id="nothing"),
        pytest.param({".prettierrc": b""}, True, id="configuration"),
        pytest.param(
            {".trunk/trunk.yaml": b"lint:\n  enabled:\n    - prettier@3.9.5\n"}, True, id="Trunk"
        ),
        pytest.param({"prettier.config.mjs": b""}, True, id="script"),
        pytest.param({"package.json": b'{"prettier": {}}'}, True, id="package.json"),
        pytest.param(
            {"package.json": b'{"devDependencies": {"prettier": "3"}}'}, False, id="dependency"
        ),
        pytest.param({"package.json": b"[" * 100_000}, False, id="invalid package.json"),
        pytest.param(
            {".pre-commit-config.yaml": b"repos: [{hooks: [{id: prettier}]}]"}, True, id="hook"
        ),
    ],
)
def test_uses_prettier(files, expected):
    assert uses_prettier(files.get) == expected
