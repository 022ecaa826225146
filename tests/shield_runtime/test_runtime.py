"""get_secret() and its kin: what is served from where, each case over real HTTP."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import os
import secrets
import socket
import subprocess
import sys
import types
import warnings

import pytest
from runtime_server import Server, point_at, set_limit

import shield_ai
import shield_runtime as runtime
from shield_runtime import (
    SecretAccessDeniedError,
    SecretError,
    SecretFormatError,
    SecretNotFoundError,
    SecretsManagerClient,
    SecretUnavailableError,
    clear_secret_cache,
    entry,
    get_secret,
    get_secret_bytes,
    get_secret_dict,
    has_secret,
    process,
    refresh_secret,
)
from shield_runtime.transport import boto

pytest_plugins = ("runtime_fixtures",)
VALUE = secrets.token_hex(16)
OTHER = secrets.token_hex(16)
OUTAGES = [
    pytest.param("denied", SecretAccessDeniedError, id="denied"),
    pytest.param("expired", SecretAccessDeniedError, id="expired credentials"),
    pytest.param("broken", SecretUnavailableError, id="500"),
    pytest.param("throttled", SecretUnavailableError, id="throttled"),
    pytest.param("garbage", SecretUnavailableError, id="garbage body"),
    pytest.param("empty", SecretUnavailableError, id="answer without a value"),
    pytest.param("cut", SecretUnavailableError, id="body cut off"),
    pytest.param("deleted", SecretUnavailableError, id="marked for deletion"),
    pytest.param("kms", SecretUnavailableError, id="KMS key disabled"),
]


def transport_of(client):
    """The connected transport of a client, None if there is none."""
    connected = client._connection._connected
    return connected and connected[1]


@pytest.fixture
def impatient(monkeypatch):
    """A connection with short timeouts, for this test alone."""
    set_limit(monkeypatch, "READ_TIMEOUT", 0.3)
    runtime.default_client.disconnect()
    yield
    runtime.default_client.disconnect()


@pytest.fixture
def variable(monkeypatch):
    def put(name, value):
        monkeypatch.setenv(name, value)

    monkeypatch.delenv("TEST_SECRET", raising=False)
    return put


def test_public_names_are_sorted_and_there():
    assert list(runtime.__all__) == sorted(runtime.__all__)
    assert all(getattr(runtime, name) is not None for name in runtime.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = runtime.nonsense


def test_former_names():
    for name in runtime.__all__:
        assert getattr(shield_ai, name) is getattr(runtime, name)
    assert importlib.import_module("shield_ai.runtime") is runtime
    state = importlib.import_module("shield_ai.django.state")
    assert state is importlib.import_module("shield_runtime.django.state")
    assert state.__spec__.name == "shield_runtime.django.state"
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = shield_ai.nonsense


@pytest.mark.usefixtures("off", "variable")
class TestOff:
    def test_variable(self, variable):
        variable("TEST_SECRET", VALUE)
        assert get_secret("test-secret") == VALUE
        assert get_secret("test-secret", "default") == VALUE
        assert get_secret_bytes("test-secret") == VALUE.encode()

    def test_variable_of_another_name(self, variable):
        variable("OTHER_NAME", VALUE)
        assert get_secret("test-secret", env="OTHER_NAME") == VALUE

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            pytest.param("email-host-password", "EMAIL_HOST_PASSWORD", id="dashes"),
            pytest.param("app/prod/db.url", "APP_PROD_DB_URL", id="path"),
            pytest.param("clé", "CL_", id="beyond ASCII"),
            pytest.param("straße", "STRASSE", id="longer in upper case"),
        ],
    )
    def test_variable_behind_a_name(self, variable, name, expected):
        variable(expected, VALUE)
        assert get_secret(name) == VALUE

    @pytest.mark.parametrize("default", [None, "", "x", 0, [1]])
    def test_plain_default(self, variable, default):
        assert get_secret("test-secret", default) == default

    def test_nothing(self):
        for kind in (SecretNotFoundError, ValueError, KeyError, SecretError):
            with pytest.raises(kind) as caught:
                get_secret("test-secret")
            assert (
                str(caught.value)
                == "secret 'test-secret' not found: AWS is off and TEST_SECRET is not set"
            )
        assert str(SecretError()) == ""

    def test_previous_version_is_not_in_the_environment(self, variable):
        variable("TEST_SECRET", VALUE)
        assert get_secret("test-secret", None, stage="AWSPREVIOUS") is None

    def test_callable_is_just_called(self):
        found = object()
        assert get_secret("test-secret", lambda: found) is found
        assert get_secret_dict("test-secret", lambda: found) is found
        assert get_secret_bytes("test-secret", lambda: found) is found
        with pytest.raises(ZeroDivisionError):
            get_secret("test-secret", lambda: 1 / 0)

    def test_field(self, variable):
        variable("TEST_SECRET", json.dumps({"password": VALUE, "port": 5432}))
        assert get_secret("test-secret", key="password") == VALUE
        assert get_secret("test-secret", key="port") == "5432"
        assert get_secret_dict("test-secret") == {"password": VALUE, "port": 5432}
        variable("DB_PASSWORD", VALUE)
        assert get_secret("test-secret", key="password", env="DB_PASSWORD") == VALUE

    def test_no_document(self, variable):
        variable("TEST_SECRET", VALUE)
        with pytest.raises(SecretFormatError):
            get_secret_dict("test-secret", default={})
        assert get_secret_dict("other-secret", default={}) == {}

    def test_presence(self, variable):
        assert not has_secret("test-secret")
        variable("TEST_SECRET", "")
        assert has_secret("test-secret")
        assert has_secret("other", env="TEST_SECRET")

    def test_variable_is_not_cached(self, variable):
        variable("TEST_SECRET", VALUE)
        assert get_secret("test-secret") == VALUE
        variable("TEST_SECRET", OTHER)
        assert get_secret("test-secret") == OTHER

    def test_empty_variable_is_a_value(self, variable):
        variable("TEST_SECRET", "")
        assert get_secret("test-secret") == ""
        assert get_secret("test-secret", "default") == ""

    def test_default_is_never_cached(self, variable):
        assert get_secret("test-secret", "default") == "default"
        variable("TEST_SECRET", VALUE)
        assert get_secret("test-secret", "default") == VALUE

    @pytest.mark.parametrize("word", ["", "false", "0", "No", "OFF"])
    def test_words_for_off(self, variable, word):
        variable("USE_AWS_SECRETS", word)
        assert get_secret("test-secret", "default") == "default"

    @pytest.mark.parametrize(
        ("name", "word"),
        [
            ("USE_AWS_SECRETS", "maybe"),
            ("AWS_SECRETS_TTL", "soon"),
            ("AWS_SECRETS_MAX_STALE", "-1"),
            ("AWS_SECRETS_TTL", "inf"),
            ("AWS_SECRETS_FALLBACK", "sure"),
            ("AWS_SECRETS_TRANSPORT", "pigeon"),
            ("AWS_SECRETS_METRICS", "loud"),
        ],
    )
    def test_wrong_setting(self, variable, name, word):
        variable(name, word)
        with pytest.raises(SecretError, match=f"{name} is '{word}'"):
            get_secret("test-secret", "default")


@pytest.mark.usefixtures("on")
class TestOn:
    @pytest.mark.parametrize("word", ["TRUE", "1", "yes", "On"])
    def test_words_for_on(self, on, variable, word):
        variable("USE_AWS_SECRETS", word)
        clear_secret_cache()
        on.put("test-secret", VALUE)
        assert get_secret("test-secret") == VALUE

    def test_aws_wins_over_all(self, on, variable):
        on.put("test-secret", VALUE)
        variable("TEST_SECRET", OTHER)
        assert get_secret("test-secret", OTHER) == VALUE
        assert get_secret("test-secret") == VALUE
        assert on.calls == [("GetSecretValue", ["test-secret"])]

    def test_prefix(self, on, variable):
        variable("AWS_SECRETS_PREFIX", "shop/prod/")
        clear_secret_cache()
        on.put("shop/prod/test-secret", VALUE)
        on.put("arn:aws:secretsmanager:eu-west-1:1:secret:a-abcdef", OTHER)
        assert get_secret("test-secret") == VALUE
        assert get_secret("arn:aws:secretsmanager:eu-west-1:1:secret:a-abcdef") == OTHER

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param(
                '{"user": "u", "key": "k", "secret": "s"}',
                "s",
                id="conventional fields have an order",
            ),
            pytest.param('{"value": 12}', "12", id="a number as its text"),
            pytest.param("12345678", "12345678", id="a number is no object"),
            pytest.param('"x"', '"x"', id="a string is no object"),
            pytest.param("[1]", "[1]", id="a list is no object"),
            pytest.param("{broken", "{broken", id="no JSON"),
            pytest.param("", "", id="empty"),
        ],
    )
    def test_text(self, on, text, expected):
        on.put("test-secret", text)
        assert get_secret("test-secret") == expected

    def test_document(self, on):
        document = {
            "username": "u",
            "password": VALUE,
            "port": 5432,
            "hosts": [{"a": None}],
            "ok": True,
        }
        on.put("test-secret", json.dumps(document))
        got = get_secret_dict("test-secret")
        assert got == document
        got["hosts"][0]["a"] = got["password"] = "changed"
        assert get_secret_dict("test-secret") == document
        assert get_secret("test-secret") == get_secret("test-secret", key="password") == VALUE
        assert get_secret("test-secret", key="ok") == "true"
        assert get_secret("test-secret", key="hosts") == '[{"a": null}]'
        assert has_secret("test-secret", key="port")
        assert not has_secret("test-secret", key="nope")
        assert on.count() == 1

    @pytest.mark.parametrize("variable", ["", VALUE], ids=["not set", "set"])
    def test_field_of_a_text_is_an_error_for_both_functions(self, on, monkeypatch, variable):
        on.put("test-secret", OTHER)
        monkeypatch.setenv("TEST_SECRET", variable)
        for function in (get_secret, has_secret):
            with pytest.raises(SecretFormatError, match="not a JSON object"):
                function("test-secret", key="port")

    def test_document_without_a_conventional_field(self, on):
        on.put("test-secret", json.dumps({"username": VALUE, "host": OTHER}))
        for default in (runtime.MISSING, "default"):
            with pytest.raises(SecretFormatError, match="pass key=") as caught:
                get_secret("test-secret", default)
            assert VALUE not in str(caught.value)

    def test_missing_field(self, on, variable):
        on.put("test-secret", json.dumps({"username": "u"}))
        with pytest.raises(SecretNotFoundError, match="has no field 'password'"):
            get_secret("test-secret", key="password")
        assert get_secret("test-secret", None, key="password") is None
        variable("TEST_SECRET", OTHER)
        assert get_secret("test-secret", key="password") == OTHER

    @pytest.mark.parametrize(
        "text", [None, json.dumps({"username": "u"})], ids=["none", "lacks it"]
    )
    def test_default_of_a_server_field_holds_in_production(self, on, monkeypatch, text):
        monkeypatch.setenv("DJANGO_ENV", "production")
        monkeypatch.delenv("DB_PORT", raising=False)
        fields = {"port": "DB_PORT", "username": "DB_USER", "password": "DB_PASSWORD"}
        client = SecretsManagerClient({"test-secret": fields})
        if text:
            on.put("test-secret", text)
        assert client.get_secret("test-secret:port", "5432") == "5432"
        port = client.get_secret("test-secret:port", lambda: int(os.environ.get("DB_PORT", "5432")))
        assert port == 5432
        with pytest.raises(KeyError):
            client.get_secret("test-secret:port", lambda: os.environ["DB_PORT"])
        with pytest.raises(SecretNotFoundError):
            client.get_secret("test-secret:password", "in-development")

    @pytest.mark.parametrize(
        ("password", "fallback", "is_used"),
        [
            pytest.param(VALUE, "env", True, id="variables"),
            pytest.param("", "env", False, id="no password"),
            pytest.param(VALUE, "deny", False, id="no variables allowed"),
        ],
    )
    def test_default_of_a_server_field_holds_beside_a_login_from_variables(
        self, on, monkeypatch, password, fallback, is_used
    ):
        """Otherwise, an app with such a default could not start without AWS."""
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("DJANGO_ENV", "production")
        monkeypatch.setenv("AWS_SECRETS_FALLBACK", fallback)
        monkeypatch.delenv("DB_PORT", raising=False)
        monkeypatch.setenv("DB_USER", "user")
        monkeypatch.setenv("DB_PASSWORD", password)
        fields = {"port": "DB_PORT", "username": "DB_USER", "password": "DB_PASSWORD"}
        clear_secret_cache()
        client = SecretsManagerClient({"login": fields, "server": {"port": "DB_PORT"}})
        for default in ("5432", lambda: os.environ.get("DB_PORT", "5432")):
            if is_used:
                assert client.get_secret("login:port", default) == "5432"
            else:
                with pytest.raises(SecretUnavailableError):
                    client.get_secret("login:port", default)
            with pytest.raises(SecretUnavailableError):
                client.get_secret("server:port", default)

    def test_null_field_is_missing(self, on, variable):
        on.put("test-secret", json.dumps({"value": None, "password": VALUE, "pin": None}))
        assert get_secret("test-secret") == VALUE
        assert not has_secret("test-secret", key="pin")
        with pytest.raises(SecretNotFoundError, match="has no value in field 'pin'"):
            get_secret("test-secret", key="pin")
        variable("TEST_SECRET", OTHER)
        assert get_secret("test-secret", key="pin") == OTHER

    def test_field_of_a_text(self, on):
        on.put("test-secret", VALUE)
        for ask in (
            lambda: get_secret("test-secret", key="password"),
            lambda: get_secret_dict("test-secret", {}),
        ):
            with pytest.raises(SecretFormatError, match="not a JSON object"):
                ask()

    def test_bytes(self, on):
        on.put("binary", b"\xff\x00")
        on.put("text-as-bytes", VALUE.encode())
        on.put("text", "é")
        assert get_secret_bytes("binary") == b"\xff\x00"
        assert get_secret_bytes("text-as-bytes") == VALUE.encode()
        assert get_secret_bytes("text") == "é".encode()
        assert get_secret("text-as-bytes") == VALUE
        with pytest.raises(SecretFormatError, match="get_secret_bytes"):
            get_secret("binary")

    def test_stages_are_apart(self, on):
        on.put("test-secret", VALUE)
        on.put("test-secret", OTHER, stage="AWSPREVIOUS")
        assert get_secret("test-secret") == VALUE
        assert get_secret("test-secret", stage="AWSPREVIOUS") == OTHER
        assert get_secret("test-secret", stage="awscurrent".upper()) == VALUE
        assert on.count() == 2
        on.put("test-secret", VALUE + VALUE, stage="AWSPREVIOUS")
        refresh_secret("test-secret", stage="AWSPREVIOUS")
        assert get_secret("test-secret", stage="AWSPREVIOUS") == VALUE + VALUE

    @pytest.mark.parametrize("stage", ["AWSPENDING", "AWSPREVIOUS"])
    def test_missing_stage_is_usual(self, on, caplog, stage):
        on.put("test-secret", VALUE)
        assert get_secret("test-secret", None, stage=stage) is None
        assert not caplog.records
        assert get_secret("missing-secret", "default") == "default"
        assert len(caplog.records) == 1

    @pytest.mark.parametrize(
        ("default", "optional"),
        [(None, False), ("default", True), (lambda: os.environ.get("TEST_SECRET"), False)],
        ids=["empty default", "marked", "expression"],
    )
    def test_the_absence_of_an_optional_secret_is_no_warning(self, on, caplog, default, optional):
        caplog.set_level("INFO", "shield_runtime")
        for _ in range(2):
            get_secret("test-secret", default, optional=optional)
        on.fault = "denied"
        refreshed = get_secret("other-secret", default, optional=optional)
        levels = [record.levelname for record in caplog.records]
        assert levels == ["INFO", "WARNING"]
        assert refreshed == get_secret("test-secret", default, optional=optional)
        assert "does not exist" in caplog.records[0].getMessage()
        assert "denies" in caplog.records[1].getMessage()

    def test_missing(self, on, variable, caplog, monkeypatch):
        # however slow the machine is, the refusal is still remembered
        monkeypatch.setattr(entry, "BACKOFF", 60)
        with pytest.raises(
            SecretNotFoundError, match="does not exist in AWS Secrets Manager in us-east-1 "
        ):
            get_secret("test-secret")
        assert not caplog.records
        assert get_secret("test-secret", "default") == "default"
        assert get_secret_dict("test-secret", dict) == {}
        assert not has_secret("test-secret")
        assert len(caplog.records) == 1
        assert "using the default" in caplog.text
        variable("TEST_SECRET", VALUE)
        assert get_secret("test-secret", "default") == VALUE
        assert get_secret("test-secret") == VALUE
        assert has_secret("test-secret")
        assert len(caplog.records) == 2
        assert "TEST_SECRET" in caplog.text
        assert VALUE not in caplog.text
        assert on.count() == 1
        assert runtime.stats()["FallbackToEnv"] >= 2

    @pytest.mark.parametrize(("fault", "kind"), OUTAGES)
    def test_outage(self, on, variable, caplog, fault, kind):
        on.fault = fault
        on.put("test-secret", VALUE)
        for default in (runtime.MISSING, "default", lambda: "called"):
            with pytest.raises(kind) as caught:
                get_secret("test-secret", default)
            assert caught.value.__cause__ is None
            assert caught.value.__context__ is None
        with pytest.raises(kind):
            has_secret("test-secret")
        variable("TEST_SECRET", OTHER)
        assert get_secret("test-secret", "default") == OTHER
        assert get_secret("test-secret", lambda: os.environ["TEST_SECRET"]) == OTHER
        assert has_secret("test-secret")
        assert [record.levelname for record in caplog.records] == ["WARNING"]

    @pytest.mark.parametrize("fault", ["denied", "missing"])
    def test_no_fallback(self, on, variable, fault):
        on.fault = fault
        variable("AWS_SECRETS_FALLBACK", "deny")
        variable("TEST_SECRET", OTHER)
        clear_secret_cache()
        with pytest.raises(SecretError):
            get_secret("test-secret")
        with pytest.raises(SecretError):
            get_secret("test-secret", lambda: os.environ["TEST_SECRET"])
        if fault == "missing":
            assert get_secret("test-secret", None) is None
            assert get_secret("test-secret", lambda: os.environ.get("TEST_SECRET")) is None
            assert get_secret("test-secret", "default", optional=True) == "default"
            assert not has_secret("test-secret")
            return
        with pytest.raises(SecretError):
            get_secret("test-secret", None)
        with pytest.raises(SecretError):
            get_secret("test-secret", lambda: os.environ.get("TEST_SECRET"))
        with pytest.raises(SecretError):
            get_secret("test-secret", "default", optional=True)

    def test_any_fallback(self, on, variable):
        on.fault = "denied"
        variable("AWS_SECRETS_FALLBACK", "any")
        clear_secret_cache()
        assert get_secret("test-secret", "default") == "default"
        assert get_secret("test-secret", lambda: "called") == "called"

    def test_refused_connection(self, off):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            server = Server()
            server.stop()
            point_at(server, off)
            with pytest.raises(SecretUnavailableError, match="EndpointConnectionError"):
                get_secret("test-secret", "default")

    @pytest.mark.usefixtures("impatient")
    @pytest.mark.parametrize(
        ("fault", "limit"), [("blackhole", "READ_TIMEOUT"), ("slow", "DEADLINE")]
    )
    def test_no_answer(self, on, monkeypatch, fault, limit):
        if limit == "DEADLINE":
            monkeypatch.setattr(entry, limit, 0.3)
        on.fault = fault
        with pytest.raises(SecretUnavailableError):
            get_secret("test-secret", "default")
        on.release()

    def test_no_credentials(self, on, monkeypatch):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        clear_secret_cache()
        with pytest.raises(SecretUnavailableError, match="no AWS credentials"):
            get_secret("test-secret", "default")
        assert on.count() == 0

    def test_new_credentials_are_taken_up(self, on, variable):
        on.put("test-secret", VALUE)
        assert get_secret("test-secret") == VALUE
        first = transport_of(runtime.default_client)
        variable("AWS_ACCESS_KEY_ID", "other")
        refresh_secret("test-secret")
        assert transport_of(runtime.default_client) is not first

    def test_connection_is_made_anew_only_for_expired_credentials(self, on):
        on.put("test-secret", VALUE)
        assert get_secret("test-secret") == VALUE
        first = transport_of(runtime.default_client)
        on.fault = "denied"
        with pytest.raises(SecretAccessDeniedError):
            refresh_secret("test-secret")
        assert transport_of(runtime.default_client) is first
        on.fault = "expired"
        with pytest.raises(SecretAccessDeniedError):
            refresh_secret("test-secret")
        assert transport_of(runtime.default_client) is None

    def test_without_boto3(self, on, variable, monkeypatch, caplog):
        for name in list(sys.modules):
            if name.partition(".")[0] in {"boto3", "botocore"} or name.endswith("transport.boto"):
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "boto3", None)
        monkeypatch.setitem(sys.modules, "botocore", None)
        client = SecretsManagerClient({"sentry-dsn": "SENTRY_DSN"})
        for default in (runtime.MISSING, "default", lambda: "default"):
            with pytest.raises(SecretUnavailableError, match="boto3 is not installed"):
                client.get_secret("other", default)
        assert client.get_secret("sentry-dsn", None) is None
        variable("TEST_SECRET", VALUE)
        assert client.get_secret("test-secret", "default") == VALUE
        assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]

    @pytest.mark.parametrize("imported", [False, True])
    def test_with_and_without_boto3_in_use(self, on, imported):
        on.put("test-secret", VALUE)
        first = "import boto3; " if imported else ""
        code = (
            first
            + "import sys; from shield_runtime import get_secret; print(get_secret('test-secret'), 'boto3' in sys.modules)"
        )
        out = subprocess.check_output([sys.executable, "-c", code], text=True)
        assert out.split() == [VALUE, str(imported)]

    def test_while_another_thread_imports_boto3(self, on, monkeypatch):
        monkeypatch.setitem(sys.modules, "boto3", types.ModuleType("boto3"))
        on.put("test-secret", VALUE)
        assert get_secret("test-secret") == VALUE

    def test_region_of_the_configuration(self, variable, monkeypatch):
        monkeypatch.delenv("AWS_REGION")
        variable("AWS_DEFAULT_REGION", "eu-west-3")
        clear_secret_cache()
        assert get_secret("test-secret", None) is None
        assert transport_of(runtime.default_client).client.meta.region_name == "eu-west-3"

    def test_repr_shows_no_value(self, on):
        on.put("test-secret", VALUE)
        client = SecretsManagerClient()
        assert client.get_secret("test-secret") == VALUE
        assert repr(client) == "<SecretsManagerClient cache_entries=1>"
        assert repr(runtime.MISSING) == "MISSING"


@pytest.mark.usefixtures("on")
class TestDevelopment:
    @pytest.fixture(
        autouse=True,
        params=[
            {"DJANGO_ENV": "development"},
            {"DJANGO_ENV": "local"},
            {"AWS_SECRETS_ENV": "development"},
        ],
        ids=" ".join,
    )
    def development(self, request, on, monkeypatch):
        for name, value in request.param.items():
            monkeypatch.setenv(name, value)
        clear_secret_cache()

    def test_variable_wins(self, on, variable):
        on.put("test-secret", VALUE)
        variable("TEST_SECRET", OTHER)
        assert get_secret("test-secret") == OTHER
        assert get_secret("test-secret", lambda: os.environ["TEST_SECRET"] + "!") == OTHER + "!"
        assert has_secret("test-secret")
        assert on.count() == 0

    def test_aws_then(self, on, variable):
        on.put("test-secret", VALUE)
        variable("TEST_SECRET", "")
        assert get_secret("test-secret", "default") == VALUE
        assert get_secret("test-secret", lambda: os.environ["TEST_SECRET"]) == VALUE

    @pytest.mark.parametrize("fault", ["missing", "denied", "broken"])
    def test_default_last(self, on, fault):
        on.fault = fault
        assert get_secret("test-secret", "default") == "default"
        assert get_secret("test-secret", lambda: "called") == "called"
        assert not has_secret("test-secret")
        with pytest.raises(SecretError):
            get_secret("test-secret")


class TestEnvironmentNotSet:
    """DJANGO_ENV is not set: variables take precedence, and development values do not serve."""

    @pytest.fixture(autouse=True)
    def not_set(self, on, monkeypatch):
        monkeypatch.delenv("DJANGO_ENV")
        clear_secret_cache()

    def test_variable_wins_with_a_warning(self, on, variable, caplog):
        on.put("test-secret", VALUE)
        variable("TEST_SECRET", OTHER)
        assert get_secret("test-secret") == get_secret("test-secret") == OTHER
        assert on.count() == 0
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert "because AWS_SECRETS_ENV and DJANGO_ENV are not set" in caplog.text

    @pytest.mark.parametrize("fault", [None, "denied", "broken"])
    def test_variable_is_not_used_without_fallback(self, on, variable, fault):
        variable("AWS_SECRETS_FALLBACK", "deny")
        clear_secret_cache()
        on.put("test-secret", VALUE)
        on.fault = fault
        variable("TEST_SECRET", OTHER)
        if fault is None:
            assert get_secret("test-secret") == VALUE
            return
        with pytest.raises(SecretError):
            get_secret("test-secret")
        with pytest.raises(SecretError):
            runtime.has_secret("test-secret")

    @pytest.mark.parametrize("fault", ["denied", "broken"])
    def test_no_development_value(self, on, fault):
        on.fault = fault
        for default in ("default", lambda: "default"):
            with pytest.raises(SecretError):
                get_secret("test-secret", default)

    @pytest.mark.parametrize("fault", ["missing", "denied", "broken"])
    @pytest.mark.parametrize("empty", [None, "", False, [], {}])
    def test_empty_default_is_logged_once(self, on, fault, empty, caplog):
        caplog.set_level("INFO", "shield_runtime")
        on.fault = fault
        assert get_secret("test-secret", empty) == empty
        assert get_secret("test-secret", lambda: empty) == empty
        level = "INFO" if fault == "missing" else "WARNING"
        assert [record.levelname for record in caplog.records] == [level]


class TestMapping:
    """A client that knows the secrets of an app and the variables behind them."""

    @pytest.fixture
    def client(self):
        secrets = {
            "django-key": "SECRET_KEY",
            "database": {"password": "DB_PASSWORD", "user": "DB_USER"},
            "sentry-dsn": "SENTRY_DSN",
        }
        return SecretsManagerClient(secrets, optional=["sentry-dsn"], prefix="shop/")

    def test_declared_secrets_and_variables(self, client):
        assert client.secrets == ("django-key", "database", "sentry-dsn")
        assert client.variables == {
            "django-key": "SECRET_KEY",
            "database:password": "DB_PASSWORD",
            "database:user": "DB_USER",
            "sentry-dsn": "SENTRY_DSN",
        }

    def test_variables_with_aws_off(self, off, client):
        off.setenv("SECRET_KEY", VALUE)
        off.setenv("DB_PASSWORD", OTHER)
        assert client.get_secret("django-key") == VALUE
        assert client.get_secret("database:password") == OTHER
        assert client.get_secret("database", key="password") == OTHER
        assert client.get_secret("database:user", "shop") == "shop"
        assert client.has_secret("database:password")
        assert not client.has_secret("database:user")
        with pytest.raises(KeyError, match="DB_USER is not set"):
            client.get_secret("database:user")

    def test_fields_with_aws_on(self, on, client):
        on.put("shop/database", json.dumps({"password": VALUE, "user": "u"}))
        for _ in range(3):
            assert client.get_secret("database:password") == VALUE
            assert client.get_secret("database:user", "shop") == "u"
            assert client.get_secret("database", key="user") == "u"
        assert client.has_secret("database:user")
        assert not client.has_secret("database:host")
        assert on.count() == 1

    @pytest.mark.parametrize(
        ("document", "field"),
        [
            pytest.param({"type": "service_account", "private_key": VALUE}, None, id="its text"),
            pytest.param({"username": "u", "password": VALUE}, "password", id="a password field"),
        ],
    )
    def test_a_variable_with_a_document(self, on, client, document, field):
        text = json.dumps(document)
        on.put("shop/django-key", text)
        expected = document[field] if field else text
        assert client.get_secret("django-key") == expected
        assert client.get_secret("django-key", None) == expected
        assert client.get_secret("django-key", lambda: os.environ["SECRET_KEY"]) == text

    def test_a_document_with_declared_fields_needs_one(self, on, client):
        on.put("shop/database", json.dumps({"user": VALUE}))
        with pytest.raises(SecretFormatError, match="pass key="):
            client.get_secret("database")

    def test_prefetches_all(self, on, client):
        on.put("shop/django-key", VALUE)
        on.put("shop/database", json.dumps({"password": OTHER}))
        assert set(client.prefetch()) == {"sentry-dsn"}
        assert client.get_secret("django-key") == VALUE

    @pytest.mark.parametrize(
        ("name", "default", "expected"),
        [
            pytest.param("sentry-dsn", None, "", id="plain"),
            pytest.param("sentry-dsn", "dev", "", id="with a default"),
            pytest.param("sentry-dsn", runtime.MISSING, "", id="required before"),
            pytest.param(
                "sentry-dsn", lambda: os.environ["SENTRY_DSN"] + "x", "x", id="expression"
            ),
            pytest.param("django-key", None, "", id="optional by its default"),
            pytest.param("database:user", None, "", id="field"),
        ],
    )
    def test_an_optional_secret_that_aws_lacks_is_empty_like_its_variable(
        self, on, client, variable, name, default, expected
    ):
        on.put("shop/database", json.dumps({"password": VALUE}))
        for empty in ("SECRET_KEY", "DB_USER", "SENTRY_DSN"):
            variable(empty, "")
        assert client.get_secret(name, default) == expected

    @pytest.mark.parametrize("fault", ["denied", "broken"])
    def test_an_empty_variable_is_no_value_otherwise(self, on, client, variable, fault):
        variable("SECRET_KEY", "")
        variable("SENTRY_DSN", "")
        for default in (runtime.MISSING, "dev"):
            with pytest.raises(SecretNotFoundError):
                client.get_secret("django-key", default)
        on.fault = fault
        assert client.get_secret("sentry-dsn", None) is None

    @pytest.mark.parametrize("fault", ["denied", "broken"])
    def test_an_optional_secret_that_cannot_be_read_is_not_there(self, on, client, caplog, fault):
        on.fault = fault
        assert not client.has_secret("sentry-dsn")
        assert "treated as not set" in caplog.text
        with pytest.raises(SecretError):
            client.has_secret("django-key")

    def test_the_absence_of_a_required_secret_is_a_warning(self, on, client, caplog):
        assert not client.has_secret("sentry-dsn")
        assert not caplog.records
        assert not client.has_secret("django-key")
        assert "does not exist" in caplog.text
        assert "treated as not set" in caplog.text

    def test_whether_an_optional_secret_is_there_is_an_error_without_fallback(
        self, on, client, variable
    ):
        variable("AWS_SECRETS_FALLBACK", "deny")
        on.fault = "broken"
        with pytest.raises(SecretError):
            client.has_secret("sentry-dsn")

    @pytest.mark.parametrize("fault", ["missing", "denied", "broken"])
    def test_declared_secret_never_has_a_development_value(self, on, client, fault):
        on.fault = fault
        for default in ("dev", lambda: "dev"):
            with pytest.raises(SecretError):
                client.get_secret("django-key", default)
            assert client.get_secret("sentry-dsn", default) == "dev"

    @pytest.mark.parametrize("fault", ["missing", "denied", "broken"])
    @pytest.mark.parametrize("empty", [False, True], ids=["no variable", "empty variable"])
    def test_required_secret_has_no_empty_default_either(self, on, variable, fault, empty):
        on.fault = fault
        if empty:
            variable("HOOK_TOKEN", "")
        client = SecretsManagerClient({"hook-token": "HOOK_TOKEN"}, required=["hook-token"])
        for default in ("", None, lambda: os.environ.get("HOOK_TOKEN", "")):
            with pytest.raises(SecretError):
                client.get_secret("hook-token", default)
            with pytest.raises(SecretError):
                client.get_secret("hook-token", default, optional=True)
        variable("HOOK_TOKEN", VALUE)
        assert client.get_secret("hook-token", "") == VALUE

    def test_required_secret_has_its_default_in_development(self, on, variable):
        client = SecretsManagerClient({"hook-token": "HOOK_TOKEN"}, required=["hook-token"])
        variable("DJANGO_ENV", "development")
        assert client.get_secret("hook-token", "") == ""
        variable("USE_AWS_SECRETS", "false")
        clear_secret_cache()
        assert client.get_secret("hook-token", "") == ""

    def test_prefix_of_the_environment_wins(self, on, client, variable):
        variable("AWS_SECRETS_PREFIX", "other/")
        on.put("other/django-key", VALUE)
        assert client.get_secret("django-key") == VALUE

    def test_arn_is_not_split(self, on):
        arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf"
        on.put(arn, VALUE)
        assert get_secret(arn) == VALUE


@pytest.mark.parametrize("collects", [pytest.param(True, id="on"), pytest.param(False, id="off")])
def test_garbage_collection_is_left_as_it_was(on, collects):
    before = gc.isenabled()
    try:
        (gc.enable if collects else gc.disable)()
        boto.Boto()
        assert gc.isenabled() is collects
    finally:
        (gc.enable if before else gc.disable)()


def test_the_last_of_two_clients_switches_collection_on_again(on):
    boto.gc_pauses.append(True)  # the other one, in another thread
    gc.disable()
    try:
        boto.Boto()
        assert not gc.isenabled()
        boto.gc_pauses.clear()
        gc.enable()
        boto.Boto()
        assert gc.isenabled()
    finally:
        boto.gc_pauses.clear()
        gc.enable()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_that_is_forked_meanwhile_collects_garbage(on):
    """gunicorn with --preload forks while a thread may be making the client."""
    assert gc.isenabled()
    boto.gc_pauses.append(True)
    gc.disable()
    try:
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            # of Python 3.12, for threads beside a fork
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if not pid:
            os.write(writer, b"%d%d" % (gc.isenabled(), len(boto.gc_pauses)))
            os._exit(0)
        os.waitpid(pid, 0)
        assert os.read(reader, 9) == b"10"
        process.reset_in_child()  # here, where coverage sees it
        assert gc.isenabled()
    finally:
        boto.gc_pauses.clear()
        gc.enable()
        os.close(reader)
        os.close(writer)
