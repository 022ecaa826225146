from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trail_helpers import EXAMPLE_RECORD, NOW, arn, denied, record, role, service_event, user

from shield_ai.aws.cloudtrail.audit import Auditor
from shield_ai.aws.cloudtrail.audit_result import AccessType
from shield_ai.aws.cloudtrail.events import parse_event

APP = role("Shop")
BOB = user("bob")
WEEK = NOW - dt.timedelta(days=7)
BEFORE_START = dt.timedelta(days=8)


def audit(*records, names=("a", "b"), readers=("role/Shop", "role/Shop-*"), start=WEEK):
    auditor = Auditor("shop", names, readers, start)
    for trail_record in records:
        auditor.add(parse_event(trail_record))
    return auditor.result()


def test_example_event():
    result = audit(
        EXAMPLE_RECORD, names=["django-secret-key"], readers=["session/coco-*"], start=None
    )
    (access,) = result.accesses
    assert (access.secret, access.who, access.counts) == (
        "django-secret-key",
        "session/coco-testai-prod",
        {AccessType.READ: 1},
    )
    assert not result.alerts


@pytest.mark.parametrize(
    ("trail_record", "kind"),
    [
        pytest.param(record("GetSecretValue", "a", APP), "", id="the app reads"),
        pytest.param(record("DescribeSecret", "a", BOB), "", id="metadata is read"),
        pytest.param(record("GetSecretValue", "a", BOB), "outside", id="another principal reads"),
        pytest.param(record("GetSecretValue", arn("a"), BOB), "outside", id="by ARN"),
        pytest.param(record("GetSecretValue", arn("a")[:-7], BOB), "outside", id="by partial ARN"),
        pytest.param(record("GetSecretValue", "a", role("Shop", "999999999999")), "outside", id="role with equal name in another account"),
        pytest.param(record("GetSecretValue", "a", role("Shop-web", "999999999999")), "outside", id="role in another account that matches a pattern"),
        pytest.param(record("GetSecretValue", "a", role("Shop-web")), "", id="role that matches a pattern"),
        pytest.param(record("GetSecretValue", "a", BOB, errorCode="ResourceNotFoundException"), "", id="failed read"),
        pytest.param(denied("GetSecretValue", "a", APP), "denied", id="the app is denied"),
        pytest.param(denied("PutSecretValue", arn("a"), BOB), "denied", id="another principal is denied"),
        pytest.param(denied("ListSecrets", "*", BOB) | {"errorMessage": ""}, "denied", id="denied for an unknown secret"),
        pytest.param(record("DeleteSecret", "a", APP), "deleted", id="deleted by the app"),
        pytest.param(service_event("RotationFailed", "a"), "rotation", id="rotation failed"),
        pytest.param(service_event("RotationSucceeded", "a"), "", id="rotated"),
        pytest.param(record("CancelRotateSecret", "a", BOB), "rotation", id="rotation turned off"),
        pytest.param(record("PutResourcePolicy", "a", BOB), "policy", id="policy"),
        pytest.param(record("GetSecretValue", "other", BOB), "", id="another app's secret"),
        pytest.param(denied("GetSecretValue", "other", BOB), "", id="denied another app's secret"),
        pytest.param(record("GetSecretValue", "a", BOB, BEFORE_START), "", id="before the start"),
        pytest.param(record("BatchGetSecretValue", "", BOB), "", id="a batch, logged for each secret as well"),
    ],
)  # fmt: skip
def test_alerts(trail_record, kind):
    assert [alert.kind for alert in audit(trail_record).alerts] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("reader", "kinds"),
    [
        pytest.param("user/alice@example.com", [], id="by name"),
        pytest.param("user/*", [], id="by wildcard"),
        pytest.param("user/bob", ["outside"], id="another user"),
        pytest.param("user/*@999999999999", ["outside"], id="a user of another account"),
    ],
)
def test_email_address_as_user_name_names_no_account(reader, kinds):
    result = audit(record("GetSecretValue", "a", user("alice@example.com")), readers=[reader])
    assert [alert.kind for alert in result.alerts] == kinds


@pytest.mark.parametrize(
    ("reader", "kinds"),
    [
        pytest.param("role/Deploy@999999999999", [], id="by name"),
        pytest.param("role/*@999999999999", [], id="by wildcard"),
        pytest.param("role/*@111111111111", ["outside"], id="a third account"),
        pytest.param("role/*@*", ["outside"], id="wildcard instead of an account"),
        pytest.param("role/*@9*", ["outside"], id="incomplete account"),
    ],
)
def test_readers_of_another_account_name_the_account(reader, kinds):
    read = record("GetSecretValue", "a", role("Deploy", "999999999999"))
    assert [alert.kind for alert in audit(read, readers=[reader]).alerts] == kinds


def test_counts_by_secret_and_principal():
    hour = dt.timedelta(hours=1)
    result = audit(
        record("GetSecretValue", "a", APP, hour, sourceIPAddress="10.0.0.2"),
        record(
            "GetSecretValue",
            arn("a"),
            role("Shop", session="other"),
            3 * hour,
            sourceIPAddress="10.0.0.1",
        ),
        record("PutSecretValue", "a", APP, 2 * hour),
        record("RotateSecret", "b", BOB),
        service_event("RotationSucceeded", "b"),
    )
    app, bob, aws = result.accesses
    assert (app.secret, app.who, app.counts) == (
        "a",
        "role/Shop",
        {AccessType.READ: 2, AccessType.CHANGE: 1},
    )
    assert (app.first, app.last) == (NOW - 3 * hour, NOW - hour)
    assert app.sources == ("10.0.0.1", "10.0.0.2", "10.0.3.7")
    assert (bob.who, aws.who) == ("service/secretsmanager.amazonaws.com", "user/bob")
    assert result.events == result.events_read == 5


def put(version, stage, ago=dt.timedelta()):
    parameters = {"secretId": "a", "clientRequestToken": version, "versionStages": [stage]}
    return record("PutSecretValue", "a", BOB, ago, requestParameters=parameters)


def move(version, stage="AWSCURRENT", ago=dt.timedelta()):
    parameters = {"secretId": arn("a"), "versionStage": stage, "moveToVersionId": version}
    return record("UpdateSecretVersionStage", "a", BOB, ago, requestParameters=parameters)


@pytest.mark.parametrize(
    ("records", "rotations"),
    [
        pytest.param([put("v2", "AWSPENDING"), move("v2")], 1, id="finished"),
        pytest.param([move("v2"), put("v2", "AWSPENDING")], 1, id="in reverse order"),
        pytest.param([put("v2", "AWSPENDING")], 0, id="not finished"),
        pytest.param([put("v2", "AWSPENDING"), move(None, "AWSPENDING")], 0, id="canceled"),
        pytest.param([put("v2", "AWSCURRENT"), move("v2")], 0, id="apply stores a value"),
        pytest.param([move("v1")], 0, id="rollback"),
        pytest.param(
            [put("v2", "AWSPENDING"), move("v2"), move("v1"), move("v2")], 1, id="current again"
        ),
        pytest.param([put("v2", "AWSPENDING", BEFORE_START), move("v2")], 1, id="resumed"),
        pytest.param(
            [put("v2", "AWSPENDING", BEFORE_START), move("v2", ago=BEFORE_START), move("v2")],
            0,
            id="current again after the start",
        ),
    ],
)
def test_rotations_by_shield_rotate_are_counted(records, rotations):
    accesses = audit(*records).accesses
    counts = accesses[0].counts if accesses else {}
    assert counts.get(AccessType.ROTATE, 0) == rotations
    start = f"{WEEK:%Y-%m-%dT%H:%M:%SZ}"
    assert sum(counts.values()) == sum(entry["eventTime"] >= start for entry in records)


def test_new_principals_have_no_earlier_events():
    before, now = (
        record("DescribeSecret", "a", BOB, BEFORE_START),
        record("DescribeSecret", "a", user("eve")),
    )
    reported = record("GetSecretValue", "b", user("eve"))
    result = audit(
        before, record("DescribeSecret", "a", BOB), now, record("GetSecretValue", "a", APP)
    )
    assert [(alert.kind, alert.who) for alert in result.alerts] == [("new", "user/eve")]
    assert not result.notes
    assert [alert.kind for alert in audit(before, reported).alerts] == ["outside"]
    result = audit(now)
    assert not result.alerts
    assert result.notes == ("the trail has no earlier events: no alerts for new principals",)


def test_note_without_readers():
    result = audit(record("GetSecretValue", "a", BOB), readers=(), start=None)
    assert not result.alerts
    assert result.notes == (
        "shield.toml names no role: no alerts for reads by principals that are not readers",
    )


def test_note_without_shield_toml():
    assert Auditor("", [], [], None).result().notes == (
        (
            "no shield.toml found, so this covers all secrets of all apps: "
            "no alerts for reads by principals that are not readers"
        ),
    )


def test_without_an_app_all_secrets_are_audited():
    result = audit(
        record("GetSecretValue", "x", BOB),
        record("GetSecretValue", arn("y/z"), BOB),
        names=(),
        start=None,
    )
    assert [access.secret for access in result.accesses] == ["x", "y/z"]


def test_name_that_ends_like_an_arn():
    names = ["key-abcdef", "key"]
    arns = [arn("key"), arn("key-abcdef"), arn("key-abcdef").removesuffix("-a1B2c3")]
    result = audit(*[record("GetSecretValue", each, APP) for each in arns], names=names)
    assert [(access.secret, access.counts[AccessType.READ]) for access in result.accesses] == [
        ("key", 1),
        ("key-abcdef", 2),
    ]


def test_number_of_addresses_is_limited():
    result = audit(
        *[record("GetSecretValue", "a", APP, sourceIPAddress=f"10.0.0.{i}") for i in range(200)]
    )
    (access,) = result.accesses
    assert len(access.sources) == 20
    assert access.more_sources == 180


def test_counts_each_source_once():
    records = [
        record("GetSecretValue", "a", APP, sourceIPAddress=f"10.0.0.{number % 25}")
        for number in range(200)
    ]
    (access,) = audit(*records).accesses
    assert (len(access.sources), access.more_sources) == (20, 5)


HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("restored_by", "before", "texts"),
    [
        pytest.param(BOB, HOUR, [], id="by the same principal"),
        pytest.param(
            APP, HOUR, ["scheduled it for deletion, and role/Shop restored it"], id="by another"
        ),
        pytest.param(BOB, 3 * HOUR, ["scheduled it for deletion"], id="before the deletion"),
    ],
)
def test_a_deletion_that_was_undone(restored_by, before, texts):
    deleted = record("DeleteSecret", "a", BOB, 2 * HOUR)
    restored = record("RestoreSecret", "a", restored_by, before)
    for records in ((deleted, restored), (restored, deleted)):
        assert [alert.text for alert in audit(*records).alerts] == texts


@given(st.permutations([record("GetSecretValue", "a", APP), record("DeleteSecret", "b", BOB), denied("GetSecretValue", "a", BOB), record("DescribeSecret", "a", APP, BEFORE_START), service_event("RotationFailed", "a"), record("PutResourcePolicy", "b", BOB), record("DeleteResourcePolicy", "b", BOB)]))  # fmt: skip
def test_order_of_events_is_irrelevant(records):
    assert audit(*records) == audit(
        *sorted(records, key=lambda trail_record: trail_record["eventName"])
    )
