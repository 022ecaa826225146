from __future__ import annotations

import json

import pytest
from fixer_helpers import manifest, run

from shield_ai.fixers.policy import PATH, partition, policy_document, policy_file

ACCOUNT = "123456789012"


def statements(**app):
    return policy_document(manifest(**app), ACCOUNT)["Statement"]


def test_names_exactly_the_secrets():
    (access,) = statements(prefix="shop/prod/")
    assert access["Action"] == ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    assert access["Resource"] == [
        f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:shop/prod/{name}-??????"
        for name in ("django-secret-key", "database-credentials", "sentry-dsn")
    ]


@pytest.mark.parametrize(
    ("region", "expected"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-central-1", "aws")],
)
def test_partition_follows_the_region(region, expected):
    assert partition(region) == expected
    assert statements(region=region)[0]["Resource"][0].startswith(f"arn:{expected}:secretsmanager:{region}:")


@pytest.mark.parametrize(
    "key",
    [
        "aws/secretsmanager",
        "alias/aws/secretsmanager",
        f"arn:aws:kms:eu-central-1:{ACCOUNT}:alias/aws/secretsmanager",
        "",
    ],
)
def test_key_of_aws_needs_no_permission(key):
    assert len(statements(kms_key=key)) == 1


ARN = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/"


@pytest.mark.parametrize(
    ("key", "resource", "aliases"),
    [
        pytest.param("1234abcd-12ab", f"{ARN}1234abcd-12ab", None, id="id"),
        pytest.param("arn:aws:kms:eu-central-1:999999999999:key/x", "arn:aws:kms:eu-central-1:999999999999:key/x", None,
                     id="arn of another account"),
        pytest.param("alias/shop", f"{ARN}*", "alias/shop", id="alias"),
        pytest.param(f"arn:aws:kms:eu-central-1:{ACCOUNT}:alias/shop", f"{ARN}*", "alias/shop", id="arn of an alias"),
    ],
)  # fmt: skip
def test_key_of_the_customer_may_be_used_through_secrets_manager_only(key, resource, aliases):
    decrypt = statements(kms_key=key)[1]
    assert decrypt["Action"] == ["kms:Decrypt"]
    assert decrypt["Resource"] == [resource]
    condition = {"StringEquals": {"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com"}}
    if aliases:
        condition["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": aliases}
    assert decrypt["Condition"] == condition


def test_in_china_the_service_has_another_name_too():
    via = statements(kms_key="x", region="cn-north-1")[1]["Condition"]["StringEquals"]["kms:ViaService"]
    assert via == ["secretsmanager.cn-north-1.amazonaws.com", "secretsmanager.cn-north-1.amazonaws.com.cn"]


def test_file_is_written_once_the_account_is_known():
    files = {}
    assert not run(policy_file(files.get, manifest(), ""), files)
    assert files == {}
    for _ in range(2):
        assert not run(policy_file(files.get, manifest(), ACCOUNT), files)
        assert json.loads(files[PATH]) == policy_document(manifest(), ACCOUNT)
    assert policy_file(files.get, manifest(), ACCOUNT) == ([], [])


def test_same_policy_in_another_layout_stays():
    files = {PATH: json.dumps(policy_document(manifest(), ACCOUNT)).encode()}
    assert policy_file(files.get, manifest(), ACCOUNT) == ([], [])


def test_policy_of_ours_is_updated():
    files = {PATH: json.dumps(policy_document(manifest(region="us-east-1"), "1" * 12)).encode()}
    assert not run(policy_file(files.get, manifest(kms_key="alias/x"), ACCOUNT), files)
    assert json.loads(files[PATH]) == policy_document(manifest(kms_key="alias/x"), ACCOUNT)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="no json"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"Statement": [1]}', id="no statement"),
        pytest.param(b"\xff\xfe{}", id="no utf-8"),
        pytest.param(
            json.dumps({"Statement": [{"Sid": "AllowSecretsManagerAccess", "Effect": "Allow",
                                       "Action": ["secretsmanager:*"], "Resource": "*"}]}).encode(),
            id="other actions",
        ),
        pytest.param(
            json.dumps({"Statement": [*policy_document(manifest(), "1" * 12)["Statement"],
                                      {"Sid": "Mine", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}).encode(),
            id="a statement of the app's",
        ),
    ],
)  # fmt: skip
def test_policy_of_somebody_else_stays(raw):
    files = {PATH: raw}
    assert "not written by shield" in run(policy_file(files.get, manifest(), ACCOUNT), files)[PATH]
    assert files == {PATH: raw}
