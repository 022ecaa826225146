from __future__ import annotations

import fnmatch

import pytest

from shield_ai.aws.desired.canary import canary_resources
from shield_ai.aws.desired.secret_policy import secret_policies
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import (
    App,
    Functions,
    Manifest,
    Monitoring,
    Rotation,
    Secret,
)

BASE = "arn:aws:iam::123456789012:"
SECRETS = (Secret(name="a", env="A"), Secret(name="b", env="B"))


def policies(**app):
    manifest = Manifest(
        app=App(name="shop", prefix="shop/", **app),
        monitoring=Monitoring(readers=("user/ann", "role/Audit@999999999999")),
        secret=SECRETS,
    )
    return list(secret_policies(manifest, "123456789012"))


def test_no_policy_by_default():
    assert policies() == []


@pytest.mark.parametrize(
    ("role", "arn"),
    [
        pytest.param("Shop", f"{BASE}role/Shop", id="name"),
        pytest.param("service/Shop", f"{BASE}role/service/Shop", id="path"),
        pytest.param(f"{BASE}role/service/Shop", f"{BASE}role/service/Shop", id="ARN"),
    ],
)
def test_policy_denies_reading_to_all_but_the_readers(role, arn):
    first, second = policies(readers_only=True, role=role)
    assert (first.key, second.name) == (("secret-policy", "shop/a"), "shop/b")
    (statement,) = first.settings["document"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "secretsmanager:GetSecretValue")
    assert statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"] == [
        arn,
        f"{BASE}role/shop-rotate-*",
        f"{BASE}user/ann",
        "arn:aws:iam::999999999999:role/Audit",
    ]


def test_canary_may_read_the_secrets_that_it_logs_in_with():
    manifest = Manifest(
        app=App(name="shop", readers_only=True),
        monitoring=Monitoring(email=("ops@example.com",)),
        rotation=Functions(),
        secret=(
            Secret(
                name="db",
                kind=Kind.DATABASE,
                fields={"password": "P"},
                rotate=Rotation(every="30 days"),
            ),
        ),
    )
    (policy,) = secret_policies(manifest, "123456789012")
    (statement,) = policy.settings["document"]["Statement"]
    allowed = statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    roles = [
        resource.name
        for resource in canary_resources(manifest, "123456789012", lambda _: b"")
        if resource.kind == "rotation-role"
    ]
    assert len(roles) == 1
    assert any(fnmatch.fnmatchcase(f"{BASE}role/{roles[0]}", pattern) for pattern in allowed)
