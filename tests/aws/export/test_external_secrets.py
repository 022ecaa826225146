from __future__ import annotations

import msgspec
import pytest
import yaml
from exporting import MANIFEST, target

from shield_ai.aws.export.external_secrets import to_external_secrets


def test_store_and_secret():
    store, secret = yaml.safe_load_all(to_external_secrets(target()))
    assert store == {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": "shop-prod-secrets"},
        "spec": {
            "provider": {
                "aws": {
                    "service": "SecretsManager",
                    "region": "us-east-1",
                    "auth": {"jwt": {"serviceAccountRef": {"name": "shop-prod"}}},
                }
            }
        },
    }
    assert secret["kind"] == "ExternalSecret"
    assert secret["spec"]["secretStoreRef"] == {"kind": "SecretStore", "name": "shop-prod-secrets"}
    assert secret["spec"]["data"] == [
        {"secretKey": "MAIL_KEY", "remoteRef": {"key": "shop/prod/mail-key"}},
        {"secretKey": "DB_USER", "remoteRef": {"key": "shop/prod/db", "property": "username"}},
        {"secretKey": "DB_PASSWORD", "remoteRef": {"key": "shop/prod/db", "property": "password"}},
    ]


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        pytest.param("My_Shop", "my-shop-secrets", id="upper case and underscores"),
        pytest.param("__", "secrets", id="no letters"),
        pytest.param("Café", "caf-secrets", id="not ASCII"),
    ],
)
def test_names_are_valid_in_kubernetes(app, expected):
    manifest = msgspec.structs.replace(
        MANIFEST, app=msgspec.structs.replace(MANIFEST.app, name=app, prefix="")
    )
    store, _ = yaml.safe_load_all(to_external_secrets(target(manifest)))
    assert store["metadata"]["name"] == expected
    assert store["spec"]["provider"]["aws"]["auth"]["jwt"]["serviceAccountRef"]["name"]
