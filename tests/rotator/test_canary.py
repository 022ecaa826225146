from __future__ import annotations

import datetime as dt
import logging

import boto3
import pytest
from bed import PostgresBed, password

from shield_ai.rotator import canary


def now():
    return dt.datetime.now(dt.UTC)


DAY = dt.timedelta(days=1)


@pytest.fixture
def bed(aws, postgres):
    bed = PostgresBed(aws, postgres, "single-user")
    yield bed
    bed.remove()


def check(bed, at=None, **more):
    secret = {"name": bed.secret, "hours": 30 * 24, "login": True, "environ": bed.environ, **more}
    return canary.check_secrets(bed.client, [secret], at or now())


def test_no_problem(bed):
    assert check(bed) == {"SecretRotationOverdueDays": 0, "SecretLoginFailed": 0}
    bed.rotate()
    assert check(bed) == {"SecretRotationOverdueDays": 0, "SecretLoginFailed": 0}


def test_manually_changed_password(bed, caplog):
    with bed.connect() as superuser:
        bed.run(superuser, "ALTER ROLE {} PASSWORD {}", bed.user, (password(),))
    with caplog.at_level(logging.INFO):
        assert check(bed)["SecretLoginFailed"] == 1
    assert bed.secret in caplog.text
    assert bed.document()["password"] not in caplog.text
    assert check(bed, login=False)["SecretLoginFailed"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"name": "no-such-secret"}, id="no such secret"),
        pytest.param({"environ": {"ROTATION_STRATEGY": "magic"}}, id="no such strategy"),
    ],
)
def test_a_failed_check_does_not_hide_other_secrets(bed, wrong):
    good = {"name": bed.secret, "hours": 24, "login": True, "environ": bed.environ}
    found = canary.check_secrets(bed.client, [{**good, **wrong}, good], now() + 40 * DAY)
    assert found["SecretLoginFailed"] == 1
    assert found["SecretRotationOverdueDays"] > 0


def test_overdue_by_the_age_of_the_current_version(bed):
    def days(after):
        return check(bed, now() + after)["SecretRotationOverdueDays"]

    assert days(30.9 * DAY) == 0
    assert days(33 * DAY) == pytest.approx(2, abs=0.01)
    bed.rotate()
    assert days(33 * DAY) == pytest.approx(2, abs=0.01)


def test_overdue_by_the_next_rotation_date(aws, bed):
    state = bed.client.describe_secret(SecretId=bed.secret)
    due = state["NextRotationDate"]
    metrics = canary.check_secrets(bed.client, [{"name": bed.secret, "hours": 1}], due + DAY)
    assert metrics["SecretRotationOverdueDays"] == 0
    assert check(bed, due + 4 * DAY)["SecretRotationOverdueDays"] == pytest.approx(3, abs=0.01)


def test_sends_the_metrics(bed):
    secrets = [{"name": bed.secret, "hours": 720, "login": True, "environ": bed.environ}]
    canary._clients.clear()
    canary.handler({"namespace": "ShieldAI/shop", "secrets": secrets}, None)
    canary._clients.clear()
    listed = boto3.client("cloudwatch").list_metrics(Namespace="ShieldAI/shop")["Metrics"]
    assert {metric["MetricName"] for metric in listed} == {
        "SecretRotationOverdueDays",
        "SecretLoginFailed",
    }
