from __future__ import annotations

import json

import pytest

from shield_ai.aws.desired.iam import policy_document
from shield_ai.flow.verify.check import Status
from shield_ai.flow.verify.policy import verify_policy
from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.project.tree import Tree
from shield_ai.rewrite.project.iam_policy import PATH

ACCOUNT = "123456789012"
MANIFEST = Manifest(app=App(name="shop", role="Shop"), secret=(Secret(name="a", env="A"),))
WIDE = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"},
}


@pytest.mark.parametrize(
    ("content", "status", "detail"),
    [
        pytest.param(
            json.dumps(policy_document(MANIFEST, ACCOUNT)), Status.OK, "", id="as written"
        ),
        pytest.param(json.dumps(WIDE), Status.FAILED, "allows", id="wide"),
        pytest.param("[1]", Status.FAILED, "differs from the expected policy", id="no policy"),
        pytest.param("{", Status.FAILED, "is missing or invalid", id="not JSON"),
        pytest.param(None, Status.FAILED, "is missing or invalid", id="missing"),
    ],
)
def test_compares_the_policy(content, status, detail):
    files = {} if content is None else {PATH: content.encode()}
    [check] = verify_policy(MANIFEST, ACCOUNT, files.get)
    assert check.status is status
    assert detail in check.detail


def test_a_policy_outside_the_app_is_not_checked(tmp_path):
    app = tmp_path / "app"
    (app / PATH).parent.mkdir(parents=True)
    (tmp_path / "policy.json").write_text("{}")
    (app / PATH).symlink_to(tmp_path / "policy.json")
    [check] = verify_policy(MANIFEST, ACCOUNT, Tree(app).read)
    assert check.status is Status.UNKNOWN
    assert check.detail.startswith(f"{PATH} is outside")
