from __future__ import annotations

import os

import pytest

from shield_ai.flow.apply.read_names import names_read_in


@pytest.mark.parametrize(
    ("code", "names"),
    [
        pytest.param('X = os.environ["A_KEY"]', {"A_KEY"}, id="subscript"),
        pytest.param('X = env.str("A_KEY", default="B")', {"A_KEY"}, id="call"),
        pytest.param('X = Value(environ_name="A_KEY")', {"A_KEY"}, id="keyword"),
        pytest.param('ENVIRONMENT = "PRODUCTION"', set(), id="setting"),
        pytest.param('OTP_CONFIG_SEED = "JBSWY3DPEHPK3PXP"', set(), id="value"),
    ],
)
def test_names_read_in(tmp_path, code, names):
    (tmp_path / "settings.py").write_text(f"{code}\n")
    assert names_read_in(tmp_path) == names


@pytest.mark.timeout(10)
def test_a_named_pipe_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "base.py")
    assert names_read_in(tmp_path) == set()
