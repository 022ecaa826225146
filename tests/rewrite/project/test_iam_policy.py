from __future__ import annotations

import json

import pytest
from fixer_helpers import manifest, run

from shield_ai.aws.desired.iam import policy_document
from shield_ai.rewrite.project.iam_policy import PATH, policy_file

ACCOUNT = "123456789012"


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
