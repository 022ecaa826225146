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
    """Run each step twice, by name and by ARN; the log must not contain values."""
    caplog.set_level(logging.DEBUG, "shield_ai")
    monkeypatch.setattr(handler, "_clients", [])
    monkeypatch.setenv("ROTATION_STRATEGY", "random-value")
    old, token = bed.value(), bed.start_rotation()
    for step in handler.STEPS:
        handler.handler(event(bed, step, token), None)
        handler.handler({**event(bed, step, token), "SecretId": bed.store.describe().arn}, None)
    assert bed.value("AWSPREVIOUS") == old
    assert bed.store.describe().version_with("AWSCURRENT") == token
    assert not [value for value in (old, bed.value()) if value in caplog.text]
    assert "is already current" in caplog.text


@pytest.mark.parametrize("missing", ["Step", "SecretId", "ClientRequestToken"])
def test_incomplete_event(bed, missing, monkeypatch):
    monkeypatch.setattr(handler, "_clients", [bed.client])
    whole = event(bed, "createSecret", bed.start_rotation())
    del whole[missing]
    with pytest.raises(SetupError, match=f"has no {missing}"):
        handler.handler(whole, None)


def test_unknown_step(bed):
    with pytest.raises(SetupError, match="unknown step"):
        bed.step("deleteSecret", bed.start_rotation())


def test_rotation_must_be_enabled(bed):
    name = "still-" + secrets.token_hex(4)
    token = bed.client.create_secret(Name=name, SecretString="x")["VersionId"]
    for step in handler.STEPS:
        with pytest.raises(SetupError, match="not enabled"):
            handler.run_step(Store(bed.client, name), step, token, RANDOM)


def test_token_must_be_pending(bed):
    with pytest.raises(SupersededError, match="is not pending"):
        bed.step("createSecret", "0" * 36)
    token = bed.start_rotation()
    bed.discard_pending()
    for step in handler.STEPS:
        with pytest.raises(SupersededError, match="is not pending"):
            bed.step(step, token)


def test_superseded_rotation_changes_nothing(bed):
    late = bed.start_rotation()
    bed.step("createSecret", late)
    bed.rotate()
    now = bed.value()
    for step in handler.STEPS:
        with pytest.raises(SupersededError):
            bed.step(step, late)
    assert bed.value() == now


def test_steps_out_of_order(bed):
    token = bed.start_rotation()
    for step in handler.STEPS[2:]:
        with pytest.raises(SupersededError, match="has no value"):
            bed.step(step, token)


def test_create_keeps_an_existing_value(bed):
    token = bed.start_rotation()
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
        pytest.param({}, {"ROTATION_STRATEGY": "api-key"}, "api-key", id="from the function"),
        pytest.param(
            {"strategy": "api-key"}, RANDOM, "random-value", id="the function overrides the secret"
        ),
        pytest.param({"strategy": "random-value"}, {}, "random-value", id="from the secret"),
        pytest.param({"engine": "postgres"}, {}, "postgres-single-user", id="engine"),
        pytest.param(
            {"engine": "mariadb", "masterarn": "x"},
            {},
            "mysql-alternating-users",
            id="engine and administrator",
        ),
        pytest.param(
            {"engine": "mysql"},
            {"ROTATION_ADMIN": "x"},
            "mysql-alternating-users",
            id="administrator of the function",
        ),
        pytest.param(
            {"engine": "aurora-postgresql", "strategy": "single-user", "masterarn": "x"},
            {},
            "postgres-single-user",
            id="the secret overrides its masterarn",
        ),
    ],
)
def test_strategy_name(document, environ, name):
    assert strategy_name(json.dumps(document), environ) == name


@pytest.mark.parametrize(
    "value", ["text", "{}", "[1]", '{"engine": "oracle"}', '{"strategy": "single-user"}']
)
def test_strategy_is_required(value):
    with pytest.raises(SetupError, match=r"set rotate\.engine"):
        strategy_name(value, {})


@pytest.fixture
def debug_log():
    """Collect everything that the root logger's handlers receive at level DEBUG."""
    texts = []
    collector = logging.Handler()
    collector.emit = lambda record: texts.append(f"{record.name}: {record.getMessage()}")
    levels = {name: logging.getLogger(name).level for name in ("", "botocore", "boto3", "urllib3")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger().addHandler(collector)
    yield texts
    logging.getLogger().removeHandler(collector)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_debug_log_of_the_sdk_has_no_values(bed, monkeypatch, debug_log):
    monkeypatch.setattr(handler, "_clients", [])
    monkeypatch.setenv("ROTATION_STRATEGY", "random-value")
    old, token = bed.value(), bed.start_rotation()
    debug_log.clear()
    for step in handler.STEPS:
        handler.handler(event(bed, step, token), None)
    text = "\n".join(debug_log)
    values = [old, bed.value()]
    assert not [value for value in values if value in text]
    assert "shield_ai.rotator: finishSecret: done" in text
    debug_log.clear()
    bed.client.describe_secret(SecretId=bed.secret)
    assert [line for line in debug_log if line.startswith("botocore")]
