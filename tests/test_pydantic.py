from __future__ import annotations

import json
import secrets

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings

from shield_ai.pydantic import SecretsManagerSource
from shield_ai.runtime import SecretAccessDeniedError

pytest_plugins = ("runtime_fixtures",)
VALUE, OTHER = secrets.token_hex(8), secrets.token_hex(8)


class Inner(BaseSettings):
    keys: list[str] = []


class Settings(Inner):
    api_key: SecretStr

    @classmethod
    def settings_customise_sources(cls, *args, **kwargs):
        first, *others = super().settings_customise_sources(*args, **kwargs)
        return first, SecretsManagerSource(args[0], {"API_KEY": "api-key", "KEYS": ("keys", "all")}), *others


def test_with_aws_off_the_variable_is_read_each_time(off):
    with pytest.raises(ValidationError):
        Settings()
    for value in (VALUE, OTHER):
        off.setenv("API_KEY", value)
        assert Settings().api_key.get_secret_value() == value


def test_with_aws_on_the_secret_wins_over_the_variable(on, monkeypatch):
    on.put("api-key", VALUE)
    on.put("keys", json.dumps({"all": json.dumps(["a", "b"])}))
    monkeypatch.setenv("API_KEY", OTHER)
    settings = Settings()
    assert (settings.api_key.get_secret_value(), settings.keys) == (VALUE, ["a", "b"])
    assert Settings(api_key=OTHER).api_key.get_secret_value() == OTHER
    assert VALUE not in repr(SecretsManagerSource(Settings, {"API_KEY": "api-key"}))


def test_what_is_nowhere_is_missing_as_before(on):
    with pytest.raises(ValidationError, match="api_key"):
        Settings()


def test_a_refusal_is_no_missing_value(on):
    on.fault = "denied"
    with pytest.raises(SecretAccessDeniedError):
        Settings()
