from __future__ import annotations

import pytest

from shield_ai.rewrite.pre_commit import PATH, hook_options


@pytest.mark.parametrize(
    ("text", "options"),
    [
        pytest.param("args: [--lines-after-imports=2, --profile, black, -q]", {"lines_after_imports": "2", "profile": "black"}, id="options"),
        pytest.param("args: [--force-single-line, --profile=black]", {"force_single_line": "", "profile": "black"}, id="flag"),
        pytest.param("args: 5", {}, id="no list"),
        pytest.param("x: [", {}, id="no YAML"),
        pytest.param("args: " + "[" * 5000, {}, id="deep"),
    ],
)  # fmt: skip
def test_hook_options(text, options):
    raw = f"repos:\n  - hooks:\n      - id: isort\n        {text}\n      - id: black\n".encode()
    assert hook_options({PATH: raw}.get, "isort") == options
    assert hook_options({PATH: raw}.get, "flake8") == hook_options({}.get, "isort") == {}
