from __future__ import annotations

import json
import logging
import secrets

import pytest
from bed import Bed

from shield_ai.rotator import handler
from shield_ai.rotator.errors import AwsCallError, SetupError, SupersededError
from shield_ai.rotator.secret import EXCLUDED, Store
from shield_ai.rotator.selection import strategy_name

RANDOM = {"ROTATION_STRATEGY": "random-value"}


@pytest.fixture
def bed(aws):
    return Bed(aws, secrets.token_hex(20), RANDOM)


def event(bed, step, token, **more):
    return {"Step": step, "SecretId": bed.secret, "ClientRequestToken": token, **more}


def test_four_events_rotate(bed, monkeypatch, caplog):
    """As Lambda calls it, each step twice, by name and by ARN; nothing of the value gets into the log."""
    caplog.set_level(logging.DEBUG, "shield_ai")
    monkeypatch.setattr(handler, "_clients", [])
    monkeypatch.setenv("ROTATION_STRATEGY", "random-value")
    old, token = bed.value(), bed.begin()
    for step in handler.STEPS:
        handler.handler(event(bed, step, token), None)
        handler.handler({**event(bed, step, token), "SecretId": bed.store.describe().arn}, None)
    assert bed.value("AWSPREVIOUS") == old
    assert bed.store.describe().version_with("AWSCURRENT") == token
    assert not [value for value in (old, bed.value()) if value in caplog.text]
    assert "is already current" in caplog.text


@pytest.mark.parametrize("missing", ["Step", "SecretId", "ClientRequestToken"])
def test_an_event_of_somebody_else(bed, missing, monkeypatch):
    monkeypatch.setattr(handler, "_clients", [bed.client])
    whole = event(bed, "createSecret", bed.begin())
    del whole[missing]
    with pytest.raises(SetupError, match=f"has no {missing}"):
        handler.handler(whole, None)


def test_an_unknown_step(bed):
    with pytest.raises(SetupError, match="unknown step"):
        bed.step("deleteSecret", bed.begin())


def test_rotation_must_be_enabled(bed):
    name = "still-" + secrets.token_hex(4)
    token = bed.client.create_secret(Name=name, SecretString="x")["VersionId"]
    for step in handler.STEPS:
        with pytest.raises(SetupError, match="not enabled"):
            handler.run_step(Store(bed.client, name), step, token, RANDOM)


def test_a_token_must_be_pending(bed):
    with pytest.raises(SupersededError, match="is not pending"):
        bed.step("createSecret", "0" * 36)
    token = bed.begin()
    bed.drop_pending()
    for step in handler.STEPS:
        with pytest.raises(SupersededError, match="is not pending"):
            bed.step(step, token)


def test_an_old_rotation_that_wakes_up_late_changes_nothing(bed):
    late = bed.begin()
    bed.step("createSecret", late)
    bed.rotate()
    now = bed.value()
    for step in handler.STEPS:
        with pytest.raises(SupersededError):
            bed.step(step, late)
    assert bed.value() == now


def test_steps_out_of_order(bed):
    token = bed.begin()
    for step in handler.STEPS[2:]:
        with pytest.raises(SupersededError, match="has no value"):
            bed.step(step, token)


def test_create_keeps_the_value_that_is_there(bed):
    token = bed.begin()
    bed.step("createSecret", token)
    first = bed.value("AWSPENDING")
    bed.step("createSecret", token)
    assert bed.value("AWSPENDING") == first


def test_no_current_value(aws, bed):
    name = "empty-" + secrets.token_hex(4)
    bed.client.create_secret(Name=name)
    with pytest.raises(SetupError, match="no current value"):
        handler.run_step(
            Store(bed.client, name), "createSecret", secrets.token_hex(16), RANDOM, is_manual=True
        )


def test_unknown_secret(bed):
    with pytest.raises(AwsCallError, match="DescribeSecret failed: ResourceNotFoundException"):
        handler.run_step(Store(bed.client, "nobody"), "createSecret", "0" * 36, RANDOM)


def test_passwords_need_no_escaping(bed):
    password = bed.store.random_password()
    assert len(password) == 32
    assert not set(password) & set(EXCLUDED)
    assert all(char.isalnum() or char in "._" for char in password)


@pytest.mark.parametrize(
    ("document", "environ", "name"),
    [
        pytest.param({}, {"ROTATION_STRATEGY": "api-key"}, "api-key", id="the function says it"),
        pytest.param({"strategy": "api-key"}, RANDOM, "random-value", id="the function decides"),
        pytest.param({"strategy": "random-value"}, {}, "random-value", id="the secret says it"),
        pytest.param({"engine": "postgres"}, {}, "postgres-single-user", id="no administrator"),
        pytest.param(
            {"engine": "mariadb", "masterarn": "x"},
            {},
            "mysql-alternating-users",
            id="an administrator",
        ),
        pytest.param(
            {"engine": "mysql"},
            {"ROTATION_ADMIN": "x"},
            "mysql-alternating-users",
            id="an administrator of the function",
        ),
        pytest.param(
            {"engine": "aurora-postgresql", "strategy": "single-user", "masterarn": "x"},
            {},
            "postgres-single-user",
            id="both",
        ),
    ],
)
def test_chooses_the_strategy(document, environ, name):
    assert strategy_name(json.dumps(document), environ) == name


@pytest.mark.parametrize(
    "value", ["text", "{}", "[1]", '{"engine": "oracle"}', '{"strategy": "single-user"}']
)
def test_chooses_nothing_by_chance(value):
    with pytest.raises(SetupError, match="set ROTATION_STRATEGY"):
        strategy_name(value, {})
