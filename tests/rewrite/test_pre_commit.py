from __future__ import annotations

import pytest
from scaling import assert_linear

from shield_ai.rewrite.pre_commit import PATH, has_hook, hook_options, rewriting_hooks


@pytest.mark.parametrize(
    ("text", "options"),
    [
        pytest.param("args: [--lines-after-imports=2, --profile, black, -q]", {"lines_after_imports": "2", "profile": "black"}, id="options"),
        pytest.param("args: [--force-single-line, --profile=black]", {"force_single_line": "", "profile": "black"}, id="flag"),
        pytest.param("args: 5", {}, id="no list"),
        pytest.param("args: [--profile, [black], {a: b}, --x=1]", {"profile": "", "x": "1"}, id="nested"),
        pytest.param("x: [", {}, id="no YAML"),
        pytest.param("x: !!int ''", {}, id="no integer"),
        pytest.param("x: !!bool x", {}, id="no boolean"),
        pytest.param("x: !!timestamp x", {}, id="no time"),
        pytest.param("args: " + "[" * 5000, {}, id="deep"),
    ],
)  # fmt: skip
def test_hook_options(text, options):
    raw = f"repos:\n  - hooks:\n      - id: isort\n        {text}\n      - id: black\n".encode()
    assert hook_options({PATH: raw}.get, "isort", PATH) == options
    assert (
        hook_options({PATH: raw}.get, "flake8", PATH) == hook_options({}.get, "isort", PATH) == {}
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("repos: [{hooks: [{id: black}]}]", True, id="no arguments"),
        pytest.param("repos: [{hooks: [{id: blacken-docs}]}]", False, id="another hook"),
        pytest.param("# black", False, id="no hooks"),
    ],
)
def test_has_hook(text, expected):
    assert has_hook({PATH: text.encode()}.get, "black") == expected


def test_aliases_take_linear_time():
    def read_options(count):
        repository = (
            "&r\n  hooks:\n  - &h {id: isort, args: ['--profile=black']}\n" + "  - *h\n" * count
        )
        raw = f"repos:\n- {repository}" + "- *r\n" * count
        assert hook_options({PATH: raw.encode()}.get, "isort", PATH) == {"profile": "black"}

    assert_linear(read_options, 500)


@pytest.mark.parametrize(
    ("text", "hooks"),
    [
        pytest.param("repos: [{hooks: [{id: pyupgrade}, {id: black}]}]", ["pyupgrade"], id="hook"),
        pytest.param(
            "repos: [{hooks: [{id: pyupgrade, exclude: ^a/_copy/}, {id: autoflake}]}]",
            ["autoflake"],
            id="excluded in a hook",
        ),
        pytest.param(
            "exclude: _copy/\nrepos: [{hooks: [{id: pyupgrade}]}]", [], id="excluded in all hooks"
        ),
        pytest.param(
            "exclude: [_copy]\nrepos: [{hooks: [{id: pyupgrade}]}]", ["pyupgrade"], id="no text"
        ),
        pytest.param("- repos", [], id="not a table"),
        pytest.param("repos: [", [], id="invalid"),
    ],
)
def test_rewriting_hooks(text, hooks):
    assert rewriting_hooks({PATH: text.encode()}.get, "_copy") == hooks
    assert rewriting_hooks({}.get, "_copy") == []
