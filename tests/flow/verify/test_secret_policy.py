from __future__ import annotations

import pytest

from shield_ai.flow.verify.secret_policy import EVERYBODY, outside_principals

ACCOUNT = "123456789012"
OTHER = "999999999999"
ROOT = f"arn:aws:iam::{OTHER}:root"


def outside(statement, readers=()):
    policy = {"Statement": {"Effect": "Allow", **statement}}
    return list(outside_principals(policy, ACCOUNT, readers))


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        pytest.param("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"], id="halves of the internet"),
        pytest.param("IpAddress", "aws:SourceIp", [f"{n}.0.0.0/8" for n in range(0, 256, 2)], id="many networks"),
        pytest.param("IpAddress", "aws:SourceIp", "::/3", id="IPv6"),
        pytest.param("IpAddress", "aws:SourceIp", "somewhere", id="no network"),
        pytest.param("StringLike", "aws:PrincipalAccount", "?*", id="question mark"),
        pytest.param("StringLike", "aws:PrincipalAccount", "1*", id="start of an account"),
        pytest.param("StringLike", "aws:PrincipalOrgID", "o-*", id="each organization"),
        pytest.param("StringLike", "aws:SourceVpc", "vpc-*", id="each VPC"),
        pytest.param("StringLike", "aws:userid", "*:session", id="each role"),
        pytest.param("StringEquals", "aws:PrincipalAccount", "${aws:PrincipalAccount}", id="the caller's account"),
        pytest.param("StringEquals", "aws:PrincipalAccount", [], id="no value"),
        pytest.param("ForAllValues:StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/*", id="also without the key"),
        pytest.param("StringNotEquals", "aws:PrincipalOrgID", "o-1", id="other organizations"),
    ],
)  # fmt: skip
def test_condition_restricts_nobody(operator, key, value):
    statement = {"Principal": "*", "Condition": {operator: {key: value}}}
    assert outside(statement) == [EVERYBODY]


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        pytest.param("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"], id="networks"),
        pytest.param("StringEquals", "aws:PrincipalAccount", ACCOUNT, id="the account"),
        pytest.param("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3", id="an organization"),
        pytest.param("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/*", id="a part of an organization"),
        pytest.param("StringLike", "aws:userid", "AROAEXAMPLE:*", id="sessions of a role"),
        pytest.param("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/*", id="roles of the account"),
    ],
)  # fmt: skip
def test_condition_restricts_callers(operator, key, value):
    assert outside({"Principal": "*", "Condition": {operator: {key: value}}}) == []


@pytest.mark.parametrize(
    ("statement", "readers", "found"),
    [
        pytest.param({"Principal": {"AWS": ROOT}}, (), [ROOT], id="another account"),
        pytest.param({"Principal": {"AWS": [OTHER, ACCOUNT]}}, (), [OTHER], id="ids of accounts"),
        pytest.param({"Principal": {"AWS": ROOT}}, (f"role/*@{OTHER}",), [], id="roles of the account are readers"),
        pytest.param({"Principal": {"AWS": f"arn:aws:iam::{OTHER}:role/a"}}, (f"role/a@{OTHER}",), [], id="a reader in another account"),
        pytest.param({"Principal": {"AWS": f"arn:aws:iam::{OTHER}:role/a"}}, ("role/*",), [f"arn:aws:iam::{OTHER}:role/a"], id="readers in the account"),
        pytest.param({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": OTHER}}}, (), [OTHER], id="another account in a condition"),
        pytest.param({"Principal": {"Service": "lambda.amazonaws.com"}}, (), [], id="a service"),
        pytest.param({"NotPrincipal": {"AWS": ROOT}}, (), [EVERYBODY], id="all but one"),
        pytest.param({"NotPrincipal": {"AWS": ROOT}, "Effect": "Deny"}, (), [], id="deny"),
    ],
)  # fmt: skip
def test_principals(statement, readers, found):
    assert outside(statement, readers) == found
