from __future__ import annotations

import json
import secrets

import pytest
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from shield_runtime import SecretAccessDeniedError, SecretsManagerClient
from shield_runtime.pydantic import SecretsManagerSource

pytest_plugins = ("runtime_fixtures",)
VALUE, OTHER = secrets.token_hex(8), secrets.token_hex(8)


class Inner(BaseSettings):
    keys: list[str] = []


class Settings(Inner):
    api_key: SecretStr

    @classmethod
    def settings_customise_sources(cls, *args, **kwargs):
        first, *others = super().settings_customise_sources(*args, **kwargs)
        return (
            first,
            SecretsManagerSource(args[0], {"API_KEY": "api-key", "KEYS": ("keys", "all")}, others),
            *others,
        )


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


def made(config, *, source=True):
    class Options(BaseSettings):
        model_config = SettingsConfigDict(**config)
        stripe_key: str | None = "default"

        if source:

            @classmethod
            def settings_customise_sources(cls, *args, **kwargs):
                first, *others = super().settings_customise_sources(*args, **kwargs)
                return (
                    first,
                    SecretsManagerSource(args[0], {"STRIPE_KEY": ("stripe-key", "value")}, others),
                    *others,
                )

    return Options


CASES = [
    pytest.param({}, {}, {}, id="unset"),
    pytest.param({"STRIPE_KEY": ""}, {}, {}, id="empty"),
    pytest.param({"STRIPE_KEY": ""}, {"env_ignore_empty": True}, {}, id="empty does not count"),
    pytest.param(
        {"STRIPE_KEY": ""}, {}, {"_env_ignore_empty": True}, id="empty does not count in this call"
    ),
    pytest.param({"STRIPE_KEY": "null"}, {"env_parse_none_str": "null"}, {}, id="null"),
    pytest.param({"STRIPE_KEY": "a"}, {}, {"_env_prefix": "OTHER_"}, id="another prefix"),
    pytest.param({"STRIPE_KEY": "a"}, {}, {"_case_sensitive": True}, id="case"),
    pytest.param(
        {"STRIPE_KEY": "a"}, {"env_prefix": "STRIPE_"}, {"_env_prefix": ""}, id="no prefix"
    ),
]


@pytest.mark.parametrize(
    ("variables", "config", "call"),
    [*CASES, pytest.param({"STRIPE_KEY": "a", "stripe_key": "b"}, {}, {}, id="both cases")],
)
def test_with_aws_off_all_is_as_without_the_source(off, variables, config, call):
    for name, value in variables.items():
        off.setenv(name, value)
    with_source, without = (
        made(config, source=source)(**call).stripe_key for source in (True, False)
    )
    assert with_source == without
    assert SecretsManagerSource(made({}), {"STRIPE_KEY": "stripe-key"})() == {}


@pytest.mark.parametrize(("variables", "config", "call"), CASES[1:])
def test_with_aws_on_a_secret_is_parsed_as_the_variable_is(
    on, monkeypatch, variables, config, call
):
    on.put("stripe-key", json.dumps({"value": variables["STRIPE_KEY"]}))
    read = made(config)(**call).stripe_key
    monkeypatch.setenv("STRIPE_KEY", variables["STRIPE_KEY"])
    assert read == made(config, source=False)(**call).stripe_key


def test_an_error_about_json_holds_no_value(on):
    on.put("api-key", VALUE)
    on.put("keys", json.dumps({"all": VALUE}))
    with pytest.raises(SettingsError, match="keys") as caught:
        Settings()
    error = caught.value
    assert (error.__cause__, error.__context__) == (None, None)
    assert not held(error.__traceback__)


def held(place):
    """Return the frames of ours and of pydantic that hold the value."""
    frames = []
    while place := place.tb_next:
        frames += [
            place.tb_frame.f_code.co_name
            for local in place.tb_frame.f_locals.values()
            if VALUE in repr(local)
        ]
    return frames


def test_what_the_guide_says_of_a_validation_error_is_so(on):
    on.put("stripe-key", json.dumps({"value": VALUE}))

    class Number(made({"hide_input_in_errors": True})):
        stripe_key: int

    with pytest.raises(ValidationError) as caught:
        Number()
    assert VALUE not in str(caught.value) + repr(caught.value) + str(
        caught.value.errors(include_input=False)
    )
    assert VALUE in str(caught.value.errors())


def test_what_is_nowhere_is_missing_as_before(on):
    with pytest.raises(ValidationError, match="api_key"):
        Settings()


def test_a_refusal_is_no_missing_value(on):
    on.fault = "denied"
    with pytest.raises(SecretAccessDeniedError):
        Settings()


def test_a_client_serves_only_the_fields_of_the_class(on):
    client = SecretsManagerClient(
        {"key": "SHOP_KEY", "db": {"password": "SHOP_DB__PASSWORD"}, "other": "SHOP_OTHER"}
    )

    class Database(BaseModel):
        host: str = "localhost"
        password: str = ""

    class Shop(BaseSettings):
        model_config = SettingsConfigDict(env_prefix="SHOP_", env_nested_delimiter="__")
        key: str = ""
        db: Database = Database()

        @classmethod
        def settings_customise_sources(
            cls, settings_cls, init_settings, env_settings, dotenv_settings, file_secret_settings
        ):
            source = SecretsManagerSource(settings_cls, client, [env_settings])
            return init_settings, source, env_settings, dotenv_settings, file_secret_settings

    on.put("key", VALUE)
    on.put("db", json.dumps({"password": OTHER}))
    on.put("other", VALUE)
    settings = Shop()
    assert (settings.key, settings.db) == (VALUE, Database(password=OTHER))
    assert "other" not in {name for _, names in on.calls for name in names}
