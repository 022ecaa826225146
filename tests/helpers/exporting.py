"""The resources of an app that uses all features, for the tests of the export formats."""

from __future__ import annotations

from shield_ai.aws.desired import resources
from shield_ai.aws.export import secret_resources
from shield_ai.aws.export.platform import Target
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import (
    App,
    Functions,
    Manifest,
    Monitoring,
    Rotation,
    Secret,
)

ACCOUNT, REGION = "123456789012", "us-east-1"
MANIFEST = Manifest(
    app=App(
        name="shop",
        prefix="shop/prod/",
        role="Shop",
        kms_key="alias/shop",
        readers_only=True,
        replicas=("eu-west-1",),
        tags={"team": "a b"},
    ),
    monitoring=Monitoring(email=("ops@example.com",)),
    rotation=Functions(subnets=("subnet-0a1b2c3d",), security_groups=("sg-0a1b2c3d",)),
    secret=(
        Secret(name="mail-key", env="MAIL_KEY", description='it\'s ${a} "key" %{b} $HOME'),
        Secret(
            name="db",
            kind=Kind.DATABASE,
            fields={"username": "DB_USER", "password": "DB_PASSWORD"},
            rotate=Rotation(
                every="30 days", window="3h", strategy="postgres-alternating-users", admin="dba"
            ),
        ),
    ),
)
RESOURCES = (*secret_resources(MANIFEST), *resources(MANIFEST, ACCOUNT, lambda _: None))


def target(manifest=MANIFEST, **values):
    return Target(manifest=manifest, account=ACCOUNT, **values)
