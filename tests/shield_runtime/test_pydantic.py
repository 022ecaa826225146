from __future__ import annotations

import json
import os
import secrets

import pytest
from pydantic import AliasChoices, BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from shield_runtime import (
    SecretAccessDeniedError,
    SecretNotFoundError,
    SecretsManagerClient,
)
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


def with_base_sources(names):
    """Return a settings class that inherits the method of a class with some of the sources."""

    class Base(BaseSettings):
        @classmethod
        def settings_customise_sources(cls, *_, **sources):
            return tuple(sources[name] for name in names)

    class Options(Base):
        api_key: str = "default"

        @classmethod
        def settings_customise_sources(cls, settings_cls, **sources):
            others = super().settings_customise_sources(settings_cls, **sources)
            secrets = SecretsManagerSource(settings_cls, {"API_KEY": "api-key"}, others)
            return secrets.before_env(others)

    return Options


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["env_settings"], id="only variables"),
        pytest.param(["init_settings", "env_settings"], id="arguments first"),
        pytest.param(["dotenv_settings", "env_settings"], id="env file first"),
        pytest.param(["file_secret_settings", "env_settings"], id="files first"),
        pytest.param(["init_settings"], id="only arguments"),
        pytest.param([], id="no source"),
    ],
)
def test_aws_wins_over_the_variables_that_a_base_class_reads_first(on, monkeypatch, names):
    on.put("api-key", VALUE)
    monkeypatch.setenv("API_KEY", OTHER)
    options = with_base_sources(names)
    assert options().api_key == VALUE
    if "init_settings" in names:
        assert options(api_key="argument").api_key == "argument"


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


def test_a_warning_names_the_absent_secret_of_a_required_field(on, caplog, tmp_path):
    fields = {"key": (str, ...), "db": (Login, Login())}
    with pytest.raises(ValidationError, match="key"):
        shop_class(optional=["db"], **fields)()
    region = os.environ["AWS_REGION"]
    (said,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert said.getMessage().startswith("secret 'key' does not exist in AWS Secrets Manager in")
    assert region in said.getMessage()
    assert said.getMessage().endswith("and KEY is not set")
    caplog.clear()
    (tmp_path / ".env").write_text("KEY=value\n")
    shop_class(optional=["db"], config={"env_file": tmp_path / ".env"}, **fields)()
    shop_class(optional=["db"], **fields)(key="value")
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


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


def shop_class(optional=(), config=(), client=None, **fields):
    """Return settings with fields that have the names of their secrets."""
    client = client or SecretsManagerClient(
        {"key": "KEY", "db": {"password": "DB__PASSWORD"}}, optional=optional
    )

    def sources(cls, settings_cls, init_settings, env_settings, **others):
        source = SecretsManagerSource(settings_cls, client, [env_settings, *others.values()])
        return init_settings, source, env_settings, *others.values()

    namespace = {
        "__module__": __name__,
        "__annotations__": {name: kind for name, (kind, _) in fields.items()},
    }
    namespace |= {name: default for name, (_, default) in fields.items() if default is not ...}
    namespace["settings_customise_sources"] = classmethod(sources)
    namespace["model_config"] = SettingsConfigDict(**{"env_nested_delimiter": "__", **dict(config)})
    return type("Shop", (BaseSettings,), namespace)


class Login(BaseModel):
    user: str = "shop"
    password: str = "development"


class NewLogin(BaseModel):
    password: SecretStr


class AliasedLogin(BaseModel):
    secret: str = Field("development", alias="PASSWORD")


DEVELOPMENT = [
    pytest.param({"key": (str, "development")}, id="text"),
    pytest.param({"key": (SecretStr, SecretStr("development"))}, id="SecretStr"),
    pytest.param({"key": (str, Field(default_factory=lambda: VALUE))}, id="generated"),
    pytest.param({"db": (Login, Login())}, id="nested"),
    pytest.param({"db": (Login, Field(default_factory=Login))}, id="nested, generated"),
    pytest.param({"db": (NewLogin, NewLogin(password="development"))}, id="default of a model"),
    pytest.param({"db": (Login | None, Login())}, id="optional model"),
    pytest.param({"db": (AliasedLogin, AliasedLogin())}, id="alias in a model"),
]


@pytest.mark.parametrize("fields", DEVELOPMENT)
@pytest.mark.parametrize("fallback", ["env", "deny"])
def test_production_never_gets_a_default_for_development(on, monkeypatch, fields, fallback):
    monkeypatch.setenv("AWS_SECRETS_FALLBACK", fallback)
    with pytest.raises(SecretNotFoundError):
        shop_class(**fields)()


class LongLogin(BaseModel):
    pass_word: str = "development"


@pytest.mark.parametrize(
    ("variable", "fields"),
    [
        pytest.param("DB_PASS_WORD", {"db": (LongLogin, LongLogin())}, id="name of a nested field"),
        pytest.param(
            "DB_KEY", {"db": (Login, Login()), "db_key": (str, "development")}, id="name of a field"
        ),
    ],
)
def test_production_gets_no_default_if_the_delimiter_occurs_in_names(on, variable, fields):
    client = SecretsManagerClient({"key": variable})
    config = {"env_nested_delimiter": "_", "env_nested_max_split": 1}
    with pytest.raises(SecretNotFoundError):
        shop_class(client=client, config=config, **fields)()


@pytest.mark.parametrize("fields", DEVELOPMENT)
def test_defaults_serve_in_development(on, monkeypatch, fields):
    monkeypatch.setenv("AWS_SECRETS_ENV", "development")
    shop_class(**fields)()


@pytest.mark.parametrize("fields", DEVELOPMENT)
def test_optional_secrets_have_their_defaults_in_production(on, fields):
    shop_class(optional=["key", "db"], **fields)()


@pytest.mark.parametrize("default", [None, ""], ids=["none", "empty"])
def test_an_empty_default_means_optional(on, default):
    assert shop_class(key=(str | None, default))().key == default


@pytest.mark.parametrize(
    "fields", [{"key": (str, ...)}, {"db": (NewLogin, ...)}], ids=["plain", "nested"]
)
def test_pydantic_reports_a_field_without_a_default(on, fields):
    with pytest.raises(ValidationError):
        shop_class(**fields)()


@pytest.mark.parametrize(
    ("environment", "text", "expected"),
    [
        pytest.param("development", "KEY=x\n", "x", id="in development"),
        pytest.param("", "KEY=x\n", VALUE, id="environment not set"),
        pytest.param("production", "KEY=x\n", VALUE, id="in production"),
        pytest.param("development", "KEY=\n", VALUE, id="empty"),
        pytest.param("development", "OTHER=x\n", VALUE, id="another variable"),
    ],
)
def test_variables_in_an_env_file_precede_aws_in_development(
    on, monkeypatch, tmp_path, environment, text, expected
):
    on.put("key", VALUE)
    monkeypatch.delenv("DJANGO_ENV", raising=False)
    monkeypatch.setenv("AWS_SECRETS_ENV", environment)
    path = tmp_path / "settings.env"
    path.write_text(text)
    config = {"env_file": path, "extra": "ignore"}
    assert shop_class(config=config, key=(str, ...))().key == expected
    assert shop_class(config={"extra": "ignore"}, key=(str, ...))(_env_file=path).key == expected


def test_env_file_of_a_base_class_precedes_aws_in_development(on, monkeypatch, tmp_path):
    on.put("api-key", VALUE)
    monkeypatch.setenv("AWS_SECRETS_ENV", "development")
    path = tmp_path / "settings.env"
    path.write_text("API_KEY=x\n")
    options = with_base_sources(["env_settings", "dotenv_settings"])
    options.model_config["env_file"] = path
    assert options().api_key == "x"


@pytest.mark.parametrize(
    ("text", "fields", "arguments"),
    [
        pytest.param("KEY=x\n", {"key": (str, "development")}, {}, id="env file"),
        pytest.param("DB__PASSWORD=x\n", {"db": (Login, Login())}, {}, id="nested in an env file"),
        pytest.param('DB={"password": "x"}\n', {"db": (Login, Login())}, {}, id="whole model"),
        pytest.param("", {"key": (str, "development")}, {"key": "x"}, id="argument"),
        pytest.param("", {"db": (Login, Login())}, {"db": {"password": "x"}}, id="nested argument"),
        pytest.param("", {"db": (Login, Login())}, {"db": Login()}, id="model as an argument"),
    ],
)
def test_other_sources_may_have_what_aws_lacks(on, tmp_path, text, fields, arguments):
    path = tmp_path / "settings.env"
    path.write_text(text)
    shop_class(config={"env_file": path}, **fields)(**arguments)
    shop_class(**fields)(_env_file=path, **arguments)


@pytest.mark.parametrize("aliases", [("KEY", "DB"), ("DB", "KEY")], ids=["first", "second"])
def test_another_alias_may_have_what_aws_lacks(on, aliases):
    on.put("key", VALUE)
    field = Field("development", validation_alias=AliasChoices(*aliases))
    client = SecretsManagerClient({"key": "KEY", "db": "DB"})
    assert shop_class(client=client, value=(str, field))().value == VALUE


def test_versions_without_parse_env_vars(on, monkeypatch):
    monkeypatch.delattr("pydantic_settings.sources.utils.parse_env_vars")
    on.put("api-key", VALUE)
    on.put("keys", json.dumps({"all": '["a"]'}))
    settings = Settings()
    assert (settings.api_key.get_secret_value(), settings.keys) == (VALUE, ["a"])
