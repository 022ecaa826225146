"""The things of an app that has everything, for each renderer to write."""

from __future__ import annotations

from shield_ai.export import secrets
from shield_ai.infra import resources
from shield_ai.manifest import App, Manifest, Monitoring, Secret
from shield_ai.model import Kind, Resource

ACCOUNT, REGION = "123456789012", "us-east-1"
MANIFEST = Manifest(
    app=App(
        name="shop",
        prefix="shop/prod/",
        role="Shop",
        kms_key="alias/shop",
        replicas=("eu-west-1",),
        tags={"team": "a b"},
    ),
    monitoring=Monitoring(email=("ops@example.com",)),
    secret=(
        Secret(name="mail-key", env="MAIL_KEY", description='it\'s ${a} "key" %{b} $HOME'),
        Secret(name="db", kind=Kind.DATABASE, fields={"username": "DB_USER", "password": "DB_PASSWORD"}),
    ),
)
THINGS = (*secrets(MANIFEST), *resources(MANIFEST, ACCOUNT, REGION))
STRANGE = Resource(kind="nonesuch", name="x", settings={})
