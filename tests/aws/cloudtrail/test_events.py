from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trail_helpers import ACCOUNT, EXAMPLE_RECORD, arn, denied, record, role, service_event, user

from shield_ai.aws.cloudtrail.events import parse_event

ODD = st.sampled_from(
    [
        None,
        True,
        7,
        0.5,
        "x",
        [],
        ["x"],
        [{}],
        {},
        {"arn": 1},
        {"secretId": ["a"]},
        {"type": "AssumedRole"},
    ]
)


def test_example_event():
    parsed = parse_event(EXAMPLE_RECORD)
    assert parsed is not None
    assert (parsed.name, parsed.secret, parsed.who) == (
        "GetSecretValue",
        "django-secret-key",
        "session/coco-testai-prod",
    )
    assert parsed.at.isoformat() == "2024-01-15T10:30:45+00:00"


@pytest.mark.parametrize(
    ("identity", "who"),
    [
        pytest.param(role("Shop"), "role/Shop", id="role"),
        pytest.param(role("Shop", session="other"), "role/Shop", id="another session of the role"),
        pytest.param(role("Shop", "999999999999"), "role/Shop@999999999999", id="equal name in another account"),
        pytest.param({"type": "AssumedRole", "arn": f"arn:aws-us-gov:sts::{ACCOUNT}:assumed-role/Shop/x"}, "role/Shop", id="role without a session context"),
        pytest.param(user("bob"), "user/bob", id="user"),
        pytest.param({"type": "Root", "accountId": ACCOUNT}, "root", id="root"),
        pytest.param({"type": "AWSService", "invokedBy": "rds.amazonaws.com"}, "service/rds.amazonaws.com", id="service"),
        pytest.param({"type": "AWSAccount", "accountId": "999999999999", "principalId": "AIDAX"}, "AWSAccount/AIDAX@999999999999", id="another account"),
        pytest.param({"type": "WebIdentityUser", "userName": "w"}, "WebIdentityUser/w", id="web identity"),
        pytest.param({}, "unknown", id="no identity"),
    ],
)  # fmt: skip
def test_principal_name(identity, who):
    assert parse_event(record("GetSecretValue", "a", identity)).who == who


@pytest.mark.parametrize(
    ("trail_record", "secret"),
    [
        pytest.param(record("GetSecretValue", arn("a"), user("x")), arn("a"), id="requested by ARN"),
        pytest.param(record("CreateSecret", "", user("x"), requestParameters={"name": "a"}), "a", id="created"),
        pytest.param(record("CreateSecret", "", user("x"), responseElements={"aRN": arn("a")}), arn("a"), id="in the response of an old record"),
        pytest.param(record("DeleteSecret", "a-b", user("x"), responseElements={"arn": arn("a")}), arn("a"), id="the response takes precedence"),
        pytest.param(service_event("RotationFailed", "a"), arn("a"), id="service event"),
        pytest.param(denied("GetSecretValue", arn("a"), user("x")), arn("a"), id="denied"),
        pytest.param(record("GetSecretValue", "", user("x"), resources=[{"ARN": arn("a")}]), arn("a"), id="resources"),
        pytest.param(record("ListSecrets", "", user("x")), "", id="no secret"),
    ],
)  # fmt: skip
def test_secret_name(trail_record, secret):
    assert parse_event(trail_record).secret == secret


@pytest.mark.parametrize(
    "more",
    [
        {"eventSource": "s3.amazonaws.com"},
        {"eventTime": "soon"},
        {"eventTime": None},
        {"eventName": 7},
    ],
    ids=["another service", "no time", "no time at all", "no name"],
)
def test_ignored_records(more):
    assert parse_event(record("GetSecretValue", "a", user("x")) | more) is None


@given(
    st.dictionaries(
        st.sampled_from([*record("x", "a", {}), "errorMessage", "responseElements", "resources"]),
        ODD,
    )
)
def test_any_record_can_be_parsed(damage):
    parse_event(record("GetSecretValue", "a", user("x")) | damage)
