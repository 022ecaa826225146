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


def broad_action(action):
    return f"the action {action} allows more than reading"


def broad_resource(arn):
    return f"the resource {arn} is not the exact name of one of the app's secrets"


BROAD_STATEMENT = "NotAction or NotResource allows everything except what it names"


@pytest.mark.parametrize(
    ("document", "reasons"),
    [
        pytest.param(policy(), [], id="the exact name"),
        pytest.param(policy(resource=[f"{BASE}shop/a-??????", f"{BASE}shop/b-??????"]), [], id="two exact names"),
        pytest.param(policy(resource=f"{BASE}shop/a"), [], id="the exact name without a suffix"),
        pytest.param(policy(resource=f"{BASE}aws-*"), [broad_resource(f"{BASE}aws-*")], id="aws-* matches aws-root-account-keys"),
        pytest.param(policy(resource=f"{BASE}shop/a*"), [broad_resource(f"{BASE}shop/a*")], id="wildcard instead of the suffix"),
        pytest.param(policy(resource=f"{BASE}shop/?-??????"), [broad_resource(f"{BASE}shop/?-??????")], id="any character"),
        pytest.param(policy(resource=f"{BASE}shop/c-??????"), [broad_resource(f"{BASE}shop/c-??????")], id="another secret"),
        pytest.param(policy(resource="*"), [broad_resource("*")], id="everything"),
        pytest.param(policy(action="secretsmanager:*"), [broad_action("secretsmanager:*")], id="every action"),
        pytest.param(policy(action=["SecretsManager:Get*"]), [broad_action("secretsmanager:get*")], id="mixed case"),
        pytest.param(policy(action="*", resource="*"), [broad_action("*"), broad_resource("*")], id="an administrator"),
        pytest.param(policy(NotResource="x"), [BROAD_STATEMENT], id="NotResource"),
        pytest.param(policy(effect="Deny", resource="*"), [], id="denied"),
        pytest.param(policy(action="s3:*", resource="*"), [], id="another service"),
        pytest.param({}, [], id="nothing"),
    ],
)  # fmt: skip
def test_broad_grants(document, reasons):
    assert find_broad_grants(document, NAMES) == reasons


def test_policy_of_the_app_has_no_broad_grants():
    manifest = Manifest(
        app=App(name="shop", prefix="shop/", kms_key="alias/x", prefetch=True),
        secret=tuple(Secret(name=n[5:], env="X") for n in NAMES),
    )
    assert find_broad_grants(policy_document(manifest, "123456789012"), NAMES) == []
