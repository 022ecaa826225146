from __future__ import annotations

import http.client
import json
import secrets

import pytest

from shield_ai.flow.apply.agent_stub import AgentStub, environ_without_aws
from shield_ai.model.hidden import Hidden


@pytest.mark.parametrize(
    ("name", "token", "status"),
    [
        ("a/b", "right", 200),
        ("a/b&versionStage=AWSCURRENT", "right", 200),
        ("a/b&versionStage=AWSPREVIOUS", "right", 400),
        ("none", "right", 400),
        ("a/b", "wrong", 403),
    ],
)
def test_responds_like_the_agent(name, token, status):
    value = secrets.token_hex(8)
    with AgentStub({"a/b": Hidden(value)}) as agent:
        connection = http.client.HTTPConnection("127.0.0.1", agent.port)
        header = {"X-Aws-Parameters-Secrets-Token": agent.token if token == "right" else "x"}
        connection.request(
            "GET", f"/secretsmanager/get?secretId={name.replace('/', '%2F')}", headers=header
        )
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
    assert answer.status == status
    assert body.get("SecretString") == (value if status == 200 else None)


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("AWS_ACCESS_KEY_ID", False),
        ("AWS_PROFILE", False),
        ("AWS_ENDPOINT_URL", False),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", False),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", False),
        ("AWS_SECRETS_PREFIX", False),
        ("USE_AWS_SECRETS", False),
        ("AWS_TOKEN", False),
        ("AWS_DEFAULT_REGION", True),
        ("AWS_STORAGE_BUCKET_NAME", True),
        ("AWS_S3_ACCESS_KEY_ID", True),
        ("AWS_S3_ENDPOINT_URL", True),
    ],
)
def test_only_variables_for_access_to_aws_are_dropped(name, is_kept):
    assert (name in environ_without_aws({name: "x", "HOME": "/"})) is is_kept
