from __future__ import annotations

import pytest
from shield_helpers import run

READ = (
    "import logging, os\n{}try:\n    X_TOKEN = os.environ['X_TOKEN']\nexcept KeyError:\n    {}\n{}"
)


@pytest.mark.parametrize(
    ("before", "handler", "after", "optional"),
    [
        pytest.param("", "X_TOKEN = None", "send(X_TOKEN)\n", True, id="bound"),
        pytest.param("", "pass", "", True, id="a setting that may be missing"),
        pytest.param("X_TOKEN = ''\n", "pass", "send(X_TOKEN)\n", True, id="bound before"),
        pytest.param("", "logging.error('no')", "send(X_TOKEN)\n", False, id="only logged"),
        pytest.param("", "pass", "def f():\n    return X_TOKEN\n", False, id="used in a function"),
        pytest.param("", "raise", "", False, id="raised"),
    ],
)
def test_a_handler_that_leaves_a_used_name_unbound_is_no_default(
    tmp_path, before, handler, after, optional
):
    (tmp_path / "config.py").write_text(READ.format(before, handler, after))
    done = run("draft", cwd=tmp_path)
    assert done.code == 0, done.text
    assert ("optional = true" in (tmp_path / "shield.toml").read_text()) is optional
