"""A broken or hostile endpoint causes an AWS error, not an internal one."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from aws_endpoint import aws_endpoint

from shield_ai.aws.cloudtrail.trail import lookup_events
from shield_ai.aws.live import responses
from shield_ai.aws.live.account import Account
from shield_ai.aws.live.kinds.secret_policy import SecretPolicy
from shield_ai.aws.live.responses import parse_document
from shield_ai.aws.live.rotation import RotationClient
from shield_ai.aws.live.session import Session
from shield_ai.model.errors import AwsError

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf"
SECRET = {"ARN": ARN, "Name": "a", "VersionIdsToStages": {"v": ["AWSCURRENT"]}}
IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    "<GetCallerIdentityResult><Arn>arn:aws:iam::1:user/x</Arn><Account>{}</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


class Endpoint:
    """Answers each call with `body`, or with its result."""

    body = b""

    def answer(self, _operation, _request):
        return 200, self.body() if callable(self.body) else self.body


@pytest.fixture
def endpoint(no_real_aws, monkeypatch):
    endpoint = Endpoint()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with aws_endpoint(endpoint.answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield endpoint


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="empty"),
        pytest.param("<html>v4lue</html>", id="not JSON"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="list"),
        pytest.param("{}", id="no fields"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param(json.dumps({**SECRET, "Tags": 5}), id="number for a list"),
        pytest.param(json.dumps({**SECRET, "Tags": [{"Key": "a"}]}), id="no field in a list"),
        pytest.param(json.dumps({**SECRET, "VersionIdsToStages": ["v"]}), id="list for a map"),
        pytest.param(json.dumps({**SECRET, "VersionIdsToStages": {"v": 5}}), id="number in a map"),
        pytest.param(json.dumps({**SECRET, "Description": ["v4lue"]}), id="list for a text"),
        pytest.param(json.dumps({**SECRET, "DeletedDate": 1e300}), id="date"),
    ],
)
def test_response_that_does_not_match_the_service(endpoint, body):
    endpoint.body = body.encode()
    with pytest.raises(AwsError) as caught:
        Account(Session("us-east-1")).secrets.state("a")
    assert caught.value.message == "the response to secretsmanager:DescribeSecret is invalid"
    assert "v4lue" not in f"{caught.value.hint} {caught.value.__cause__}"


@pytest.mark.parametrize(
    ("body", "call"),
    [
        pytest.param(
            {"Versions": []},
            lambda session: RotationClient(session).state("a"),
            id="versions",
        ),
        pytest.param(
            {"Events": []},
            lambda session: list(lookup_events(session, dt.datetime.now(dt.UTC))),
            id="events",
        ),
    ],
)
def test_list_without_an_end(endpoint, monkeypatch, body, call):
    monkeypatch.setattr(responses, "MAX_PAGES", 3)
    tokens = map(str, range(100))
    endpoint.body = lambda: json.dumps({**SECRET, **body, "NextToken": next(tokens)}).encode()
    with pytest.raises(AwsError, match=r"the response to .* is invalid"):
        call(Session("us-east-1"))


@pytest.mark.parametrize(
    "value", [{}, {"SecretString": 5}, {"SecretString": None}], ids=["none", "number", "null"]
)
def test_secret_without_a_text(endpoint, value):
    endpoint.body = json.dumps({"ARN": ARN, "Name": "a", **value}).encode()
    with pytest.raises(AwsError, match="the response to secretsmanager:GetSecretValue is invalid"):
        Account(Session("us-east-1")).secrets.read("a")


@pytest.mark.parametrize(
    "body",
    ["<html>", "", "<GetCallerIdentityResponse/>", IDENTITY.format("1\nhint: run it")],
    ids=["not XML", "empty", "no account", "text for an account"],
)
def test_response_with_an_invalid_account(endpoint, body):
    endpoint.body = body.encode()
    with pytest.raises(AwsError, match="the response to sts:GetCallerIdentity is invalid"):
        Session("us-east-1").account()


def test_valid_responses(endpoint):
    session = Session("us-east-1")
    endpoint.body = json.dumps({**SECRET, "CreatedDate": 1.7e9, "New": [1]}).encode()
    assert Account(session).secrets.state("a").current == "v"
    endpoint.body = IDENTITY.format("123456789012").encode()
    assert session.account() == "123456789012"


@pytest.mark.parametrize(
    "text",
    ["{v4lue", "[1]", "[" * 50_000, '{"Statement": [5]}'],
    ids=["not JSON", "list", "deep", "statement"],
)
def test_policy_that_is_invalid(endpoint, text):
    endpoint.body = json.dumps({"ARN": ARN, "ResourcePolicy": text}).encode()
    with pytest.raises(AwsError, match="GetResourcePolicy is invalid"):
        SecretPolicy(Session("us-east-1")).read("a")


def test_policy_with_a_single_statement():
    document = {"Statement": {"Effect": "Allow"}}
    assert parse_document(json.dumps(document), "x:Y") == document
