from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from shield_ai.sandbox.emulator.identity import is_allowed

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret"


def statement(
    effect="Allow", action="secretsmanager:GetSecretValue", resource=f"{ARN}:a-??????", **more
):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        pytest.param([], False, id="no statements"),
        pytest.param([statement()], True, id="by name"),
        pytest.param([statement(action="secretsmanager:*", resource="*")], True, id="everything"),
        pytest.param([statement(action=["secretsmanager:getsecretvalue"])], True, id="other case"),
        pytest.param([statement(resource=f"{ARN}:b-??????")], False, id="other secret"),
        pytest.param([statement(), statement("Deny", resource="*")], False, id="denied"),
        pytest.param(
            [statement(Condition={"Bool": {"aws:SecureTransport": "true"}})],
            False,
            id="condition",
        ),
    ],
)
def test_is_allowed(statements, allowed):
    assert is_allowed(statements, "secretsmanager:GetSecretValue", f"{ARN}:a-AbCdEf") is allowed


def test_missing_roles_and_users_may_do_everything(aws):
    client = boto3.client("secretsmanager")
    client.create_secret(Name="a", SecretString="x")
    assert client.get_secret_value(SecretId="a")["SecretString"] == "x"
    arn = "arn:aws:iam::123456789012:role/Nobody"
    keys = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    as_role = boto3.client(
        "secretsmanager",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert as_role.get_secret_value(SecretId="a")["SecretString"] == "x"
    boto3.client("iam").create_role(RoleName="Nobody", AssumeRolePolicyDocument="{}")
    with pytest.raises(
        ClientError, match="is not authorized to perform: secretsmanager:GetSecretValue"
    ):
        as_role.get_secret_value(SecretId="a")
