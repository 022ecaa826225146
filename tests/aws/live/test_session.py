from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError
from fault_proxy import FaultProxy

from shield_ai.aws.live.account import Account
from shield_ai.aws.live.calls import translate_errors
from shield_ai.aws.live.session import Session
from shield_ai.model.errors import AwsError


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        pytest.param("AccessDeniedException", "AWS denied secretsmanager:DescribeSecret on a", '"Action": "secretsmanager:DescribeSecret"', id="missing permission"),
        pytest.param("ExpiredTokenException", "does not accept the credentials: ExpiredTokenException", "sign in again", id="expired token"),
        pytest.param("UnrecognizedClientException", "does not accept the credentials", "sign in again", id="invalid access key"),
        pytest.param("DecryptionFailure", "can't use the KMS key", "enabled", id="disabled KMS key"),
        pytest.param("OptInRequired", "refused secretsmanager:DescribeSecret", "region", id="disabled region"),
        pytest.param("ThrottlingException", "throttled secretsmanager:DescribeSecret on a", "completed steps are not repeated", id="throttled"),
        pytest.param("InternalServiceError", "refused secretsmanager:DescribeSecret on a: InternalServiceError", "completed steps are not repeated", id="internal error"),
    ],
)  # fmt: skip
def test_error_messages_and_hints(aws, monkeypatch, code, message, hint):
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        proxy.answer("DescribeSecret", code, at=None)
        account = Account(Session("us-east-1"))
        with pytest.raises(AwsError) as caught:
            account.secrets.state("a")
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "injected" not in str(caught.value)


@pytest.mark.parametrize(("setting", "attempts"), [("", 3), ("2", 2)], ids=["default", "2"])
def test_tries_as_often_as_aws_max_attempts(aws, monkeypatch, setting, attempts):
    if setting:
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", setting)
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("DescribeSecret", "InternalServiceError", at=None)
        account = Account(Session("us-east-1"))
        with pytest.raises(AwsError):
            account.secrets.state("a")
    assert proxy.count("DescribeSecret") == attempts


@pytest.mark.parametrize("code", ["Bad\n::error::x", {"Bad": ["error"], "x": 1}], ids=type)
def test_error_code_is_plain_text(code):
    with pytest.raises(AwsError) as caught, translate_errors("sts:GetCallerIdentity"):
        raise ClientError({"Error": {"Code": code}}, "GetCallerIdentity")
    assert re.fullmatch(
        r"AWS refused sts:GetCallerIdentity: [\w.-]*Bad[\w.-]+", caught.value.message
    )


def test_aws_unreachable(no_real_aws, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(AwsError, match="can't be reached for sts:GetCallerIdentity"):
        Session("us-east-1").account()


def test_no_credentials(no_real_aws, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(AwsError, match="no AWS credentials"):
        Session("us-east-1").account()


def test_no_region(no_real_aws, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(AwsError, match="no AWS region") as caught:
        Session(None).client("cloudtrail")
    assert "set AWS_REGION" in caught.value.hint


@pytest.mark.parametrize(
    ("region", "variables", "used"),
    [
        pytest.param(None, {"AWS_REGION": "eu-west-3"}, "eu-west-3", id="AWS_REGION"),
        pytest.param(None, {"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2", id="default"),
        pytest.param("us-east-1", {"AWS_REGION": "eu-west-3"}, "us-east-1", id="given"),
    ],
)
def test_region(no_real_aws, monkeypatch, region, variables, used):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Session(region).region == used


def test_threads_share_the_exceptions_of_a_client(aws):
    client = Session("us-east-1").iam()
    assert client._exceptions is not None  # else, each thread may create its own


def test_clients_are_cached(aws):
    session = Session("us-east-1")
    assert session.secretsmanager() is session.secretsmanager()


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("zz-north-1", "aws")],
    ids=["aws", "China", "unknown to botocore"],
)
def test_arns_have_the_partition_of_the_region(aws, region, partition):
    session = Session(region)
    account = session.account()
    assert session.arn("sns", "alarms") == f"arn:{partition}:sns:{region}:{account}:alarms"
    assert session.iam_arn("role/app") == f"arn:{partition}:iam::{account}:role/app"


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_unknown_profile_of_a_variable(no_real_aws, monkeypatch, variable):
    monkeypatch.setenv(variable, "staging")
    with pytest.raises(AwsError, match="AWS profile staging not found"):
        Session("us-east-1")
