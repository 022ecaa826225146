from __future__ import annotations

import base64
from typing import Any

import pytest

from shield_ai.sandbox.emulator import deviations


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        pytest.param(
            "CreateSecret", {"Name": "app/prod/db_1+2=3.4@5-6!"}, None, id="every allowed character"
        ),
        pytest.param("CreateSecret", {"Name": "two words"}, "ValidationException", id="space"),
        pytest.param("CreateSecret", {"Name": ""}, "ValidationException", id="no name"),
        pytest.param("CreateSecret", {"Name": "ä"}, "ValidationException", id="not ASCII"),
        pytest.param("CreateSecret", {"Name": "a" * 512}, None, id="longest name"),
        pytest.param(
            "CreateSecret", {"Name": "a" * 513}, "ValidationException", id="name too long"
        ),
        pytest.param(
            "CreateSecret",
            {"Name": "deleted"},
            "InvalidRequestException",
            id="name of a deleted secret",
        ),
        pytest.param(
            "PutSecretValue",
            {"SecretId": "deleted"},
            "InvalidRequestException",
            id="change of a deleted secret",
        ),
        pytest.param(
            "PutSecretValue",
            {"SecretId": "a", "SecretString": "x" * 65536},
            None,
            id="largest text",
        ),
        pytest.param(
            "PutSecretValue",
            {"SecretId": "a", "SecretString": "ä" * 32769},
            "ValidationException",
            id="text too large in bytes",
        ),
        pytest.param(
            "PutSecretValue",
            {"SecretId": "a", "SecretBinary": base64.b64encode(bytes(65536)).decode()},
            None,
            id="largest binary",
        ),
        pytest.param(
            "PutSecretValue",
            {"SecretId": "a", "SecretBinary": base64.b64encode(bytes(65537)).decode()},
            "ValidationException",
            id="binary too large",
        ),
        pytest.param(
            "BatchGetSecretValue", {"SecretIdList": ["a"] * 20}, None, id="twenty at once"
        ),
        pytest.param(
            "BatchGetSecretValue",
            {"SecretIdList": ["a"] * 21},
            "ValidationException",
            id="twenty-one at once",
        ),
        pytest.param("BatchGetSecretValue", {"Filters": []}, None, id="batch by filter"),
        pytest.param(
            "DescribeSecret", {"SecretId": "deleted"}, None, id="read of a deleted secret"
        ),
    ],
)
def test_find_error(operation: str, body: dict[str, Any], code: str | None) -> None:
    refused = deviations.find_error(operation, body, lambda name: name == "deleted")
    assert (refused[0] if refused else None) == code


def test_errors_do_not_contain_the_value() -> None:
    refused = deviations.find_error(
        "PutSecretValue", {"SecretId": "a", "SecretString": "s3cret" * 20000}, lambda _: False
    )
    assert refused
    assert "s3cret" not in refused[1]
