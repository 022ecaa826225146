"""Start rotations at an endpoint that reports another rotation."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from aws_endpoint import aws_endpoint

from shield_ai.aws.live import rotation
from shield_ai.aws.live.rotation import MAX_STARTS, RotationClient
from shield_ai.aws.live.session import Session
from shield_ai.model.errors import AwsError

CREATED = datetime(2026, 11, 28, 20, tzinfo=UTC)


class Endpoint:
    """Secrets Manager with a secret `a`; RotateSecret is refused `refusals` times."""

    def __init__(self):
        self.stages, self.tokens, self.refusals = {"v": ["AWSCURRENT"]}, [], 0

    def answer(self, operation, request):
        if operation == "RotateSecret":
            status, answer = self._rotate(json.loads(request))
        else:
            versions = [{"VersionId": "v", "CreatedDate": CREATED.timestamp()}]
            status, answer = 200, {"Name": "a", "VersionIdsToStages": self.stages}
            answer |= {"Versions": versions}
        return status, json.dumps(answer).encode()

    def _rotate(self, request):
        self.tokens.append(request["ClientRequestToken"])
        if len(self.tokens) <= self.refusals:
            return 400, {"__type": "InvalidRequestException"}
        return 200, {"Name": "a", "VersionId": request["ClientRequestToken"]}


@pytest.fixture
def endpoint(no_real_aws, monkeypatch):
    endpoint = Endpoint()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setattr(rotation, "POLL_INTERVAL", 0.01)
    with aws_endpoint(endpoint.answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield endpoint


@pytest.fixture
def _in_tokyo(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_in_tokyo")
def test_times_are_in_utc(endpoint):
    state = RotationClient(Session("us-east-1")).state("a")
    assert state.last == CREATED
    assert state.last.tzinfo is UTC


def test_continues_the_pending_rotation(endpoint):
    endpoint.refusals = 9
    endpoint.stages = {"v": ["AWSCURRENT"], "w": ["AWSPENDING"]}
    assert RotationClient(Session("us-east-1")).start("a") == "w"


def test_starts_again_if_the_other_rotation_has_finished(endpoint):
    endpoint.refusals = 2
    token = RotationClient(Session("us-east-1")).start("a")
    assert endpoint.tokens == [token] * 3


def test_gives_up(endpoint):
    endpoint.refusals = 99
    with pytest.raises(AwsError, match="refused secretsmanager:RotateSecret"):
        RotationClient(Session("us-east-1")).start("a")
    assert len(endpoint.tokens) == MAX_STARTS
