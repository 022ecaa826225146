from __future__ import annotations

import pytest

from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.desired.policy_scope import find_broad_grants
from shield_ai.model.manifest import App, Manifest, Secret

NAMES = ("shop/a", "shop/b")
BASE = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"


def policy(
    action="secretsmanager:GetSecretValue", resource=f"{BASE}shop/a-??????", effect="Allow", **more
):
    return {"Statement": {"Effect": effect, "Action": action, "Resource": resource, **more}}


@pytest.mark.parametrize(
    ("document", "word"),
    [
        pytest.param(policy(), "", id="the exact name"),
        pytest.param(
            policy(resource=[f"{BASE}shop/a-??????", f"{BASE}shop/b-??????"]),
            "",
            id="two exact names",
        ),
        pytest.param(
            policy(resource=f"{BASE}aws-*"), "aws-*", id="aws-* matches aws-root-account-keys"
        ),
        pytest.param(
            policy(resource=f"{BASE}shop/a*"), "shop/a*", id="wildcard instead of the suffix"
        ),
        pytest.param(policy(resource=f"{BASE}shop/?-??????"), "shop/?", id="any character"),
        pytest.param(policy(resource=f"{BASE}shop/c-??????"), "shop/c", id="another secret"),
        pytest.param(policy(resource="*"), "the resource *", id="everything"),
        pytest.param(policy(action="secretsmanager:*"), "secretsmanager:*", id="every action"),
        pytest.param(policy(action=["SecretsManager:Get*"]), "get*", id="mixed case"),
        pytest.param(policy(action="*", resource="*"), "the action *", id="an administrator"),
        pytest.param(policy(NotResource="x"), "NotResource", id="NotResource"),
        pytest.param(policy(effect="Deny", resource="*"), "", id="denied"),
        pytest.param(policy(action="s3:*", resource="*"), "", id="another service"),
        pytest.param({}, "", id="nothing"),
    ],
)
def test_broad_grants(document, word):
    found = find_broad_grants(document, NAMES)
    assert bool(found) == bool(word)
    assert word in " ".join(found)


def test_policy_of_the_app_has_no_broad_grants():
    manifest = Manifest(
        app=App(name="shop", prefix="shop/", kms_key="alias/x", prefetch=True),
        secret=tuple(Secret(name=n[5:], env="X") for n in NAMES),
    )
    assert find_broad_grants(policy_document(manifest, "123456789012"), NAMES) == []
