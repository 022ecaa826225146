from __future__ import annotations

import pytest

from shield_ai.rotator.errors import AwsCallError, DatabaseError, LoginRefusedError


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        pytest.param("28P01", "28P01", id="SQLSTATE"),
        pytest.param(
            "AWS.SimpleQueueService.NonExistentQueue",
            "AWS.SimpleQueueService.NonExistentQueue",
            id="AWS",
        ),
        pytest.param("28P01)\nerror: \x1b[2J", "28P01_error_2J", id="control characters"),
        pytest.param("é" * 500, "_", id="letters"),
        pytest.param("x" * 500, "x" * 80, id="long"),
    ],
)
def test_codes_of_a_server_are_plain_and_short(code, shown):
    assert str(AwsCallError("PutSecretValue", code)) == (
        f"secretsmanager:PutSecretValue failed: {shown}"
    )
    for kind in (DatabaseError, LoginRefusedError):
        error = kind("PostgreSQL rejected the connection", code)
        assert str(error) == f"PostgreSQL rejected the connection ({shown})"
        assert error.code == shown
