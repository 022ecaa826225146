from __future__ import annotations

import pytest

from shield_ai.rotator.errors import (
    AwsCallError,
    DatabaseError,
    LoginRefusedError,
    UnreachableError,
)


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


ENDPOINT = f"{'customer-orders-' * 3}postgres.cluster-ro-c1a2b3.ap-southeast-1.rds.amazonaws.com"


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        pytest.param(ENDPOINT, f"{ENDPOINT}:5432", id="long"),
        pytest.param("fd00:ec2::10", "[fd00:ec2::10]:5432", id="IPv6"),
        pytest.param("fe80::1%eth0", "[fe80::1%eth0]:5432", id="IPv6 with an interface"),
        pytest.param("db\x1b[2J\nerror", "db_2J_error:5432", id="control characters"),
        pytest.param("x" * 500, f"{'x' * 253}:5432", id="too long"),
    ],
)
def test_names_the_unreachable_host(host, shown):
    error = UnreachableError(host, 5432)
    assert str(error) == f"the database server {shown} can't be reached"
