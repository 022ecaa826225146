from __future__ import annotations

import json
import secrets

import pytest
from pydantic.v1 import BaseModel, BaseSettings, Field, SecretStr, ValidationError

from shield_runtime import (
    SecretAccessDeniedError,
    SecretFormatError,
    SecretNotFoundError,
    SecretsManagerClient,
)
from shield_runtime.pydantic_v1 import SecretsManagerSource

pytest_plugins = ("runtime_fixtures",)
VALUE, OTHER = secrets.token_hex(8), secrets.token_hex(8)


class Database(BaseModel):
    host: str = "localhost"
    password: str | None = None


class Base(BaseSettings):
    api_key: SecretStr = SecretStr("development")
    raw: bytes = b""
    tokens: list[str] = []
    mixed: str | list[str] = ""
    database: Database = Database()

    class Config:
        env_prefix = "shop_"
        env_nested_delimiter = "__"


@pytest.fixture
def settings_class():
    client = SecretsManagerClient(
        {
            "api-key": "SHOP_API_KEY",
            "raw": "SHOP_RAW",
            "tokens": {"all": "SHOP_TOKENS"},
            "mixed": "SHOP_MIXED",
            "db-password": "SHOP_DATABASE__PASSWORD",
            "of-other-code": "API_KEY",
        }
    )

    class Settings(Base):
        class Config:
            @classmethod
            def customise_sources(cls, init_settings, env_settings, file_secret_settings):
                source = SecretsManagerSource(client)
                return init_settings, source, env_settings, file_secret_settings

    return Settings


def test_with_aws_off_the_variables_are_read(off, settings_class):
    assert settings_class().api_key.get_secret_value() == "development"
    off.setenv("SHOP_API_KEY", VALUE)
    assert settings_class().api_key.get_secret_value() == VALUE


def test_with_aws_on_secrets_have_priority_and_are_parsed_as_variables(
    on, monkeypatch, settings_class
):
    on.put("api-key", VALUE)
    on.put("raw", VALUE)
    on.put("tokens", json.dumps({"all": json.dumps(["a", "b"])}))
    on.put("mixed", VALUE)
    on.put("db-password", VALUE)
    monkeypatch.setenv("SHOP_API_KEY", OTHER)
    monkeypatch.setenv("SHOP_DATABASE__HOST", "db")
    settings = settings_class()
    assert settings.api_key.get_secret_value() == VALUE
    assert (settings.raw, settings.tokens) == (VALUE.encode(), ["a", "b"])
    assert settings.mixed == VALUE
    assert settings.database == Database(host="db", password=VALUE)
    assert settings_class(api_key=OTHER).api_key.get_secret_value() == OTHER
    assert VALUE not in settings_class.schema_json()
    assert VALUE not in repr(SecretsManagerSource(SecretsManagerClient({"a": "A"})))


def test_a_mapping_names_the_secret_of_each_variable(on):
    class Settings(BaseSettings):
        api_key: str = ""

        class Config:
            @classmethod
            def customise_sources(cls, init_settings, env_settings, file_secret_settings):
                source = SecretsManagerSource({"API_KEY": ("keys", "api")})
                return init_settings, source, env_settings, file_secret_settings

    on.put("keys", json.dumps({"api": VALUE}))
    assert Settings().api_key == VALUE


def test_the_method_of_another_base_class_is_asked(on):
    class Vault(BaseSettings):
        class Config:
            @classmethod
            def customise_sources(cls, init_settings, env_settings, file_secret_settings):
                return init_settings, env_settings, file_secret_settings, lambda _: {"vault": "a"}

    class Shop(BaseSettings):
        api_key: str = ""

        class Config:
            @classmethod
            def customise_sources(cls, init_settings, env_settings, file_secret_settings):
                others = super().customise_sources(
                    init_settings, env_settings, file_secret_settings
                )
                return SecretsManagerSource({"API_KEY": "api-key"}).before_env(others)

    class Settings(Shop, Vault):
        vault: str = ""

    on.put("api-key", VALUE)
    assert Settings().dict() == {"api_key": VALUE, "vault": "a"}


def test_aws_wins_over_the_variables_that_a_base_class_reads_first(on, monkeypatch):
    class Base(BaseSettings):
        class Config:
            @classmethod
            def customise_sources(cls, *sources):
                return (sources[1],)

    class Shop(Base):
        api_key: str = ""

        class Config:
            @classmethod
            def customise_sources(cls, init_settings, env_settings, file_secret_settings):
                others = super().customise_sources(
                    init_settings, env_settings, file_secret_settings
                )
                return SecretsManagerSource({"API_KEY": "api-key"}).before_env(others)

    on.put("api-key", VALUE)
    monkeypatch.setenv("API_KEY", "of the environment")
    assert Shop().api_key == VALUE


def test_only_the_secrets_of_the_fields_are_fetched(on, settings_class):
    on.put("api-key", VALUE)
    settings_class()
    assert "of-other-code" not in {name for _, names in on.calls for name in names}


def test_an_error_about_json_has_no_value(on, settings_class):
    on.put("tokens", json.dumps({"all": VALUE}))
    with pytest.raises(SecretFormatError, match="tokens") as caught:
        settings_class()
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_denied_access_is_an_error(on, settings_class):
    on.fault = "denied"
    with pytest.raises(SecretAccessDeniedError):
        settings_class()


class Login(BaseModel):
    password: SecretStr = SecretStr("development")


def small_class(optional=(), **options):
    """Return settings with two secrets that only have defaults for development."""
    client = SecretsManagerClient(
        {"key": "KEY", "db": {"password": "DB__PASSWORD"}}, optional=optional
    )

    class Small(BaseSettings):
        key: str = "development"
        db: Login = Login()

        class Config:
            env_nested_delimiter = "__"

            @classmethod
            def customise_sources(cls, init_settings, env_settings, file_secret_settings):
                source = SecretsManagerSource(client)
                return init_settings, source, env_settings, file_secret_settings

    for name, value in options.items():
        setattr(Small.Config, name, value)
        setattr(Small.__config__, name, value)
    return Small


def test_a_warning_names_the_absent_secret_of_a_required_field(on, caplog):
    class Settings(BaseSettings):
        key: str

        class Config:
            @classmethod
            def customise_sources(cls, init_settings, env_settings, file_secret_settings):
                source = SecretsManagerSource({"KEY": "key"})
                return init_settings, source, env_settings, file_secret_settings

    with pytest.raises(ValidationError):
        Settings()
    assert "secret 'key' does not exist in AWS Secrets Manager in" in caplog.text


def test_production_never_gets_a_default_for_development(on, monkeypatch):
    with pytest.raises(SecretNotFoundError, match="'key'"):
        small_class()()
    on.put("key", VALUE)
    with pytest.raises(SecretNotFoundError, match="'db'"):
        small_class()()
    assert small_class(optional=["db"])().db.password.get_secret_value() == "development"
    monkeypatch.setenv("AWS_SECRETS_ENV", "development")
    assert small_class()().db.password.get_secret_value() == "development"


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
@pytest.mark.parametrize("several", [False, True], ids=["one file", "two files"])
def test_variables_in_an_env_file_precede_aws_in_development(
    on, monkeypatch, tmp_path, environment, text, expected, several
):
    on.put("key", VALUE)
    on.put("db", json.dumps({"password": OTHER}))
    monkeypatch.delenv("DJANGO_ENV", raising=False)
    monkeypatch.setenv("AWS_SECRETS_ENV", environment)
    path = tmp_path / "settings.env"
    path.write_text(text)
    files = [tmp_path / "absent.env", path] if several else path
    assert small_class(env_file=files, extra="ignore")().key == expected


def source_class(client, **fields):
    """Return settings that read the secrets of a client, with the delimiter "_"."""

    def sources(_cls, init_settings, env_settings, file_secret_settings):
        return init_settings, SecretsManagerSource(client), env_settings, file_secret_settings

    options = {"env_nested_delimiter": "_", "customise_sources": classmethod(sources)}
    annotations = {name: kind for name, (kind, _) in fields.items()}
    defaults = {name: default for name, (_, default) in fields.items()}
    namespace = {
        "__module__": __name__,
        "__annotations__": annotations,
        "Config": type("Config", (), options),
        **defaults,
    }
    return type("Shop", (BaseSettings,), namespace)


@pytest.mark.parametrize("names", [["A", "B"], ["B", "A"]], ids=["second", "first"])
def test_another_variable_may_have_what_aws_lacks(on, names):
    on.put("b", VALUE)
    client = SecretsManagerClient({"a": "A", "b": "B"})
    assert source_class(client, key=(str, Field("development", env=names)))().key == VALUE


def test_production_gets_no_default_if_the_delimiter_occurs_in_names(on):
    client = SecretsManagerClient({"key": "DB_KEY"})
    fields = {"db": (Database, Database()), "db_key": (str, "development")}
    with pytest.raises(SecretNotFoundError, match="'key'"):
        source_class(client, **fields)()


def test_variables_that_only_start_like_a_text_field_are_not_nested(on):
    on.put("id", VALUE)
    client = SecretsManagerClient({"id": "KEY_ID"})
    settings = source_class(client, key=(str, "plain"), key_id=(str, ""))()
    assert (settings.key, settings.key_id) == ("plain", VALUE)


class Cluster(BaseModel):
    name: str = ""
    main: Database = Database()


def test_nested_variables_replace_values_in_the_json_of_the_model(on):
    document = {"name": "a", "main": {"host": "b", "password": OTHER}}
    on.put("whole", json.dumps(document))
    on.put("password", VALUE)
    client = SecretsManagerClient({"whole": "DB", "password": "DB_MAIN_PASSWORD"})
    settings = source_class(client, db=(Cluster, Cluster()))()
    expected = Database(host="b", password=VALUE)
    assert settings.db == Cluster(name="a", main=expected)


@pytest.mark.parametrize("reverse", [False, True], ids=["outer first", "inner first"])
def test_a_text_beside_nested_variables_does_not_fail(on, reverse):
    on.put("outer", OTHER)
    on.put("inner", VALUE)
    variables = {"outer": "DB_MAIN", "inner": "DB_MAIN_PASSWORD"}
    order = reversed(variables.items()) if reverse else variables.items()
    client = SecretsManagerClient(dict(order))
    source = SecretsManagerSource(client)
    values = source(source_class(client, db=(Cluster, Cluster())).construct())
    assert values == {"db": {"main": OTHER if reverse else {"password": VALUE}}}


def test_an_env_file_or_a_folder_may_have_what_aws_lacks(on, tmp_path):
    (tmp_path / "settings.env").write_text('KEY=x\nDB={"password": "x"}\n')
    assert small_class(env_file=tmp_path / "settings.env")().key == "x"
    (tmp_path / "key").write_text("y")
    (tmp_path / "db").write_text('{"password": "x"}')
    assert small_class(secrets_dir=tmp_path)().key == "y"


def test_an_empty_default_means_optional(on, settings_class):
    on.put("api-key", VALUE)
    on.put("tokens", json.dumps({"all": json.dumps(["a", "b"])}))
    settings = settings_class()
    assert (settings.raw, settings.mixed, settings.database.password) == (b"", "", None)
