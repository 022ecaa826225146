from __future__ import annotations

import pytest
from shield_helpers import make_app


@pytest.mark.parametrize(
    "account",
    [
        pytest.param("", id="empty"),
        pytest.param("1234", id="too short"),
        pytest.param("1234567890123", id="too long"),
        pytest.param("\u0661" * 12, id="digits of another script"),
    ],
)
def test_invalid_account(tmp_path, shield, account):
    make_app(tmp_path)
    done = shield("export", "--account", account, "--format", "app-policy", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert f"invalid AWS account ID {account!r}" in done.err
