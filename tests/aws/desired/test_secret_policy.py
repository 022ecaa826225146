from __future__ import annotations

from shield_ai.aws.desired.secret_policy import secret_policies
from shield_ai.model.manifest import (
    App,
    Manifest,
    Monitoring,
    Secret,
)

SECRETS = (Secret(name="a", env="A"), Secret(name="b", env="B"))


def policies(**app):
    manifest = Manifest(
        app=App(name="shop", prefix="shop/", **app),
        monitoring=Monitoring(readers=("user/ann",)),
        secret=SECRETS,
    )
    return list(secret_policies(manifest, "123456789012", "us-east-1"))


def test_no_policy_by_default():
    assert policies() == []


def test_policy_denies_reading_to_all_but_the_readers():
    first, second = policies(readers_only=True, role="service/Shop")
    assert (first.key, second.name) == (("secret-policy", "shop/a"), "shop/b")
    (statement,) = first.settings["document"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "secretsmanager:GetSecretValue")
    base = "arn:aws:iam::123456789012:"
    assert statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"] == [
        f"{base}role/Shop",
        f"{base}role/shop-rotate-*",
        f"{base}user/ann",
    ]
