"""RotateSecret in the AWS emulator runs the function's zip, as Lambda does."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from shield_ai.__main__ import main
from shield_ai.aws.desired.lambda_package import HANDLER, build_zip
from shield_ai.aws.live.rotation import RotationClient
from shield_ai.aws.live.session import Session
from shield_ai.model.errors import AwsError

MANIFEST = '[app]\nname = "shop"\n[[secret]]\nname = "token"\nenv = "TOKEN"\nrotate = {every = "30 days", strategy = "random-value"}\n'
HOOK = b"""
def issue(current, token): return "key-" + token
def test(value): raise ValueError
def revoke(value): pass
"""
RULES = {"ScheduleExpression": "rate(30 days)", "Duration": "3h"}


@pytest.fixture(scope="module")
def code():
    return build_zip()


@pytest.fixture(scope="module")
def code_with_hook():
    return build_zip({"broken.py": HOOK})


@pytest.fixture
def client(aws):
    return boto3.client("secretsmanager")


@pytest.fixture
def function(client, code):
    """Return a function that creates Lambda functions and returns their ARNs."""

    def make(name="rotate-token", *, allowed=True, code=code, **environment):
        role = boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")[
            "Role"
        ]["Arn"]
        client = boto3.client("lambda")
        arn = client.create_function(
            FunctionName=name, Runtime="python3.13", Handler=HANDLER, Role=role, Code={"ZipFile": code},
            Environment={"Variables": environment},
        )["FunctionArn"]  # fmt: skip
        if allowed:
            client.add_permission(
                FunctionName=name,
                StatementId="s",
                Action="lambda:InvokeFunction",
                Principal="secretsmanager.amazonaws.com",
            )
        return arn

    client.create_secret(Name="token", SecretString=secrets.token_hex(12))
    return make


def value(client, stage="AWSCURRENT"):
    return client.get_secret_value(SecretId="token", VersionStage=stage)["SecretString"]


def code_of(error):
    return error.value.response["Error"]["Code"]


def test_function_rotates_the_secret(client, function, tmp_path, capsys):
    """Rotate with RotateSecret, then with the command."""
    old = value(client)
    # Only the settings of the rotation are passed on: this variable would stop Python.
    arn = function(ROTATION_STRATEGY="random-value", PYTHONHOME="/nonexistent")
    token = client.rotate_secret(SecretId="token", RotationLambdaARN=arn, RotationRules=RULES)[
        "VersionId"
    ]
    rotations = RotationClient(Session("us-east-1"))
    rotations.wait("token", token)
    assert value(client, "AWSPREVIOUS") == old
    state = rotations.state("token")
    assert (state.function, state.pending) == (arn, "")
    assert timedelta(days=29) < state.next - datetime.now(UTC) < timedelta(days=31)
    answer = client.describe_secret(SecretId="token")
    assert answer["RotationRules"] == RULES
    assert answer["RotationEnabled"]

    (tmp_path / "shield.toml").write_text(MANIFEST)
    assert main(["rotate", "--app", str(tmp_path), "token", "--yes"]) == 0
    shown = capsys.readouterr().err
    assert shown.startswith("About to rotate token:\n")
    assert shown.endswith("token\n  RotateSecret   rotation started\n  rotate-token   rotated\n")
    assert old not in (value(client), value(client, "AWSPREVIOUS"))
    assert main(["rotate", "--app", str(tmp_path), "--status"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("AWS      ok")


def test_hook_needs_consent(client, function):
    """A repository names its hook in shield.toml, so that apply would run its code here."""
    arn = function(ROTATION_STRATEGY="random-value")
    changed = build_zip({"sitecustomize.py": HOOK})
    boto3.client("lambda").update_function_code(FunctionName="rotate-token", ZipFile=changed)
    for immediately in (False, True):
        with pytest.raises(ClientError, match=r"sitecustomize\.py is not code of shield"):
            client.rotate_secret(
                SecretId="token", RotationLambdaARN=arn, RotateImmediately=immediately
            )
    assert len(client.describe_secret(SecretId="token")["VersionIdsToStages"]) == 1


@pytest.mark.usefixtures("aws_with_hooks")
def test_interrupted_rotation_is_retried(client, function, code_with_hook):
    arn = function(code=code_with_hook, ROTATION_STRATEGY="api-key", ROTATION_HOOK="broken")
    old = value(client)
    token = client.rotate_secret(SecretId="token", RotationLambdaARN=arn, RotationRules=RULES)[
        "VersionId"
    ]
    rotations = RotationClient(Session("us-east-1"))
    with pytest.raises(
        AwsError, match="token is still pending after 3 seconds; AWS keeps the current value"
    ):
        rotations.wait("token", token, timeout=3)
    assert value(client) == old
    assert rotations.state("token").pending == token
    boto3.client("lambda").update_function_configuration(
        FunctionName="rotate-token",
        Environment={"Variables": {"ROTATION_STRATEGY": "random-value"}},
    )
    assert rotations.start("token") == token
    rotations.wait("token", token)
    assert value(client) == f"key-{token}"


def test_configuration_is_tested_without_a_rotation(client, function, aws):
    old = value(client)
    arn = function(ROTATION_STRATEGY="random-value")
    token = client.rotate_secret(
        SecretId="token", RotationLambdaARN=arn, RotationRules=RULES, RotateImmediately=False
    )["VersionId"]
    while token in client.describe_secret(SecretId="token")["VersionIdsToStages"]:
        pass
    assert value(client) == old
    assert b"Error" not in aws.log_path.read_bytes()[-2000:]


@pytest.mark.parametrize(
    ("more", "error_code"),
    [
        pytest.param({"RotationRules": {"ScheduleExpression": "rate(3 hours)"}}, "InvalidParameterException", id="too often"),
        pytest.param({"RotationRules": {"AutomaticallyAfterDays": 1000}}, "InvalidParameterException", id="too rarely"),
        pytest.param({"RotationRules": {**RULES, "Duration": "25h"}}, "InvalidParameterException", id="window too long"),
        pytest.param({"RotationLambdaARN": "arn:aws:lambda:us-east-1:123456789012:function:x"}, "ResourceNotFoundException", id="no function"),
    ],
)  # fmt: skip
def test_errors(client, function, more, error_code):
    arn = function(ROTATION_STRATEGY="random-value")
    with pytest.raises(ClientError) as error:
        client.rotate_secret(**{"SecretId": "token", "RotationLambdaARN": arn, **more})
    assert code_of(error) == error_code
    assert len(client.describe_secret(SecretId="token")["VersionIdsToStages"]) == 1


def test_function_policy_must_allow_secrets_manager(client, function):
    arn = function(allowed=False)
    with pytest.raises(ClientError) as error:
        client.rotate_secret(SecretId="token", RotationLambdaARN=arn, RotationRules=RULES)
    assert code_of(error) == "AccessDeniedException"
    assert (
        json.dumps(client.describe_secret(SecretId="token"), default=str).count("AWSPENDING") == 0
    )
