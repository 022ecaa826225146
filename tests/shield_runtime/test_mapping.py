"""Reads of the variables of a mapping: with `env=` alone, if the app computes the name."""

from __future__ import annotations

import json
import secrets

import pytest

from shield_runtime import SecretNotFoundError, SecretsManagerClient

pytest_plugins = ("runtime_fixtures",)
VALUE, OTHER = secrets.token_hex(8), secrets.token_hex(8)


@pytest.fixture
def client():
    mapping = {
        "api-key": "API_KEY",
        "spare-key": "SPARE_KEY",
        "database": {"username": "DB_USER", "password": "DB_PASSWORD"},
    }
    return SecretsManagerClient(mapping, optional=["spare-key"])


@pytest.mark.usefixtures("off")
class TestOff:
    def test_variable(self, client, monkeypatch):
        for name in ("API_KEY", "DB_PASSWORD", "NO_SECRET"):
            monkeypatch.setenv(name, VALUE)
            assert client.get_secret(env=name) == VALUE
            assert client.get_secret(env=name, default="x") == VALUE
            assert client.has_secret(env=name)

    @pytest.mark.parametrize("name", ["API_KEY", "DB_USER", "NO_SECRET"])
    def test_missing_variable(self, client, name):
        with pytest.raises(KeyError, match=name):
            client.get_secret(env=name)
        assert client.get_secret(env=name, default=None) is None
        assert client.get_secret(env=name, default="x") == "x"
        assert client.get_secret(env=name, default=lambda: 1) == 1
        assert not client.has_secret(env=name)

    def test_neither_name_nor_variable(self, client):
        with pytest.raises(TypeError, match="env="):
            client.get_secret()
        with pytest.raises(TypeError, match="env="):
            client.has_secret()


class TestOn:
    def test_secrets_of_the_mapping(self, on, client, monkeypatch):
        on.put("api-key", VALUE)
        on.put("database", json.dumps({"password": OTHER}))
        monkeypatch.setenv("NO_SECRET", "x")
        assert client.get_secret(env="API_KEY") == VALUE
        assert client.get_secret(env="API_KEY", default=None) == VALUE
        assert client.get_secret(env="DB_PASSWORD", default="development") == OTHER
        assert client.get_secret(env="NO_SECRET") == "x"
        assert client.has_secret(env="DB_PASSWORD")
        assert not client.has_secret(env="DB_USER")

    def test_document_of_one_variable(self, on, client):
        on.put("api-key", json.dumps({"user": "shop"}))
        assert json.loads(client.get_secret(env="API_KEY")) == {"user": "shop"}

    def test_default_for_development_does_not_serve_production(self, on, client):
        with pytest.raises(SecretNotFoundError):
            client.get_secret(env="API_KEY", default="development")
        assert client.get_secret(env="API_KEY", default=None) is None
        assert client.get_secret(env="SPARE_KEY", default="spare") == "spare"
        assert client.get_secret(env="API_KEY", default="spare", optional=True) == "spare"


def test_first_of_two_secrets_with_one_variable(off):
    client = SecretsManagerClient({"a-key": "API_KEY", "b-key": "API_KEY"})
    assert client.reference("API_KEY") == ("a-key", None)
