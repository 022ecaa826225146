"""The database backends against a real PostgreSQL whose passwords change."""

from __future__ import annotations

import json
import secrets
import threading
import traceback

import pytest
from runtime_server import until

import shield_runtime as runtime
from shield_runtime import (
    SecretsManagerClient,
    clear_secret_cache,
    retries_after_rotation,
    rotation_retry,
)
from shield_runtime.django.backends import credentials

pytest_plugins = ("runtime_fixtures",)
psycopg = pytest.importorskip("psycopg")
pytest.importorskip("django")


class Database:
    """A role of its own, its password in AWS, and Django's connections as it."""

    def __init__(self, postgres, server):
        self.postgres, self.server = postgres, server
        self.user, self.password = "shop_" + secrets.token_hex(4), ""
        self.admin = postgres.connect()
        self.admin.execute(f"CREATE ROLE {self.user} LOGIN")
        self.wrappers = []
        self.move_database()
        self.move_stage()

    def move_database(self):
        self.password = secrets.token_urlsafe(12)
        self.admin.execute(f"ALTER ROLE {self.user} PASSWORD '{self.password}'")

    def move_stage(self):
        self.server.put(
            "database", '{"username": "%s", "password": "%s"}' % (self.user, self.password)
        )

    def settings(self, **more):
        return {
            "ENGINE": "shield_runtime.django.postgresql",
            "NAME": "postgres",
            "USER": "nobody",
            "PASSWORD": "wrong",
            "HOST": self.postgres.host,
            "PORT": self.postgres.port,
            "SECRET": "database",
            "OPTIONS": {},
            "TIME_ZONE": None,
            "CONN_MAX_AGE": 0,
            "CONN_HEALTH_CHECKS": False,
            "AUTOCOMMIT": True,
            **more,
        }

    def wrapper(self, **more):
        from shield_runtime.django.postgresql.base import DatabaseWrapper

        wrapper = DatabaseWrapper(self.settings(**more), alias="default")
        self.wrappers.append(wrapper)
        return wrapper

    def stop(self):
        for wrapper in self.wrappers:
            wrapper.close()
        self.admin.execute(f"DROP ROLE {self.user}")
        self.admin.close()


@pytest.fixture
def database(postgres, on):
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(SECRET_KEY=secrets.token_hex())
        django.setup()
    database = Database(postgres, on)
    yield database
    database.stop()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(rotation_retry, "POLL_INTERVAL", 0.01)
    monkeypatch.setattr(rotation_retry, "MAX_POLL_INTERVAL", 0.02)


def who(wrapper):
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


def test_reads_user_and_password_at_each_connection(database):
    wrapper = database.wrapper()
    assert who(wrapper) == database.user
    assert wrapper.settings_dict["PASSWORD"] == "wrong"
    copy = wrapper.copy()
    assert who(copy) == database.user
    copy.close()
    assert database.server.count() == 1


def test_new_connection_after_a_rotation(database):
    wrapper = database.wrapper()
    assert who(wrapper) == database.user
    database.move_database()
    database.move_stage()
    assert who(wrapper) == database.user
    wrapper.close()
    assert who(wrapper) == database.user
    assert database.server.count() == 2


def test_an_old_connection_stays_open_while_aws_is_unavailable(database, off):
    off.setenv("AWS_SECRETS_TTL", "0")
    wrapper = database.wrapper(CONN_MAX_AGE=3600)
    assert who(wrapper) == database.user
    database.server.fault = "broken"
    database.move_database()  # a rotation that this process has not seen
    database.move_stage()
    open_connection = wrapper.connection

    def is_kept():
        wrapper.close_at = 0
        wrapper.close_if_unusable_or_obsolete()
        return wrapper.close_at > 0

    wrapper.close_if_unusable_or_obsolete()  # starts the refresh that fails
    until(lambda: runtime.default_client.refresh_in_background("database"))
    assert is_kept()
    assert wrapper.connection is open_connection
    assert who(wrapper) == database.user
    database.server.fault = None
    until(lambda: wrapper.connection is None or not is_kept())
    assert wrapper.connection is None
    assert who(wrapper) == database.user


def test_an_open_connection_keeps_the_secret_fresh(database, off):
    off.setenv("AWS_SECRETS_TTL", "0")
    wrapper = database.wrapper(CONN_MAX_AGE=3600)
    assert who(wrapper) == database.user
    calls = database.server.count()

    def next_request_has_refreshed():  # unless the fetch of an earlier one is still running
        wrapper.close_if_unusable_or_obsolete()
        return database.server.count() > calls

    until(next_request_has_refreshed)
    assert wrapper.connection is not None


def test_a_connection_without_a_secret_is_closed_as_usual(database):
    wrapper = database.wrapper(
        SECRET=None, USER=database.user, PASSWORD=database.password, CONN_MAX_AGE=3600
    )
    who(wrapper)
    wrapper.close_at = 0
    wrapper.close_if_unusable_or_obsolete()
    assert wrapper.connection is None
    assert database.server.count() == 0


def test_waits_through_the_rotation_window(database, quick):
    wrapper = database.wrapper()
    assert who(wrapper) == database.user
    wrapper.close()
    database.move_database()
    got = []
    thread = threading.Thread(target=lambda: (got.append(who(wrapper)), wrapper.close()))
    wrapper.inc_thread_sharing()
    thread.start()
    until(lambda: database.server.count() >= 4)
    assert not got
    database.move_stage()
    thread.join(20)
    assert got == [database.user]


def test_two_users_that_alternate(database):
    wrapper = database.wrapper()
    assert who(wrapper) == database.user
    wrapper.close()
    first, database.user = database.user, database.user + "_b"
    database.admin.execute(f"CREATE ROLE {database.user} LOGIN")
    database.move_database()
    database.admin.execute(f"DROP ROLE {first}")
    database.move_stage()
    assert who(wrapper) == database.user


def test_gives_up_with_the_drivers_error(database, quick, monkeypatch):
    from django.db import OperationalError

    database.move_database()
    wrapper = database.wrapper()
    with monkeypatch.context() as patch:
        patch.setattr(
            SecretsManagerClient.retries_after_rotation,
            "__kwdefaults__",
            {"refused": None, "window": 0.2},
        )
        with pytest.raises(OperationalError, match="authentication failed"):
            who(wrapper)


def test_other_errors_are_not_retried(database):
    from django.db import OperationalError

    wrapper = database.wrapper(NAME="no_such_database")
    with pytest.raises(OperationalError, match="does not exist"):
        who(wrapper)
    assert database.server.count() == 1


def test_without_a_secret_or_with_aws_off(database, off):
    settings = {"USER": database.user, "PASSWORD": database.password}
    assert who(database.wrapper(SECRET=None, **settings)) == database.user
    off.setenv("USE_AWS_SECRETS", "off")
    clear_secret_cache()
    assert who(database.wrapper(**settings)) == database.user
    assert database.server.count() == 0


def test_wrong_password_with_aws_off(database, off):
    from django.db import OperationalError

    off.setenv("USE_AWS_SECRETS", "off")
    clear_secret_cache()
    with pytest.raises(OperationalError):
        who(database.wrapper(USER=database.user))


def test_where_the_credentials_come_from(on):
    fields = {"USER": "u", "PASSWORD": "p"}
    on.put("fields", '{"u": "user", "p": "pass", "username": "x"}')
    on.put("text", "pass")
    on.put("partial", '{"password": "pass"}')
    assert credentials({"SECRET": "fields", "SECRET_FIELDS": fields}) == {
        "USER": "user",
        "PASSWORD": "pass",
    }
    assert credentials({"SECRET": "text"}) == {"PASSWORD": "pass"}
    assert credentials({"SECRET": "partial"}) == {"PASSWORD": "pass"}
    on.put("url", "postgres://us%40er:p%2Fa%40ss@db.example.com:5432/shop?sslmode=require")
    assert credentials({"SECRET": "url"}) == {"USER": "us@er", "PASSWORD": "p/a@ss"}
    for name, text in {"odd": "x://[y", "half": "a://b@c/d:e", "words": "user:pass@host"}.items():
        on.put(name, text)
        assert credentials({"SECRET": name}) == {"PASSWORD": text}
    assert credentials({"SECRET": "absent"}) == credentials({}) == {}
    on.fault = "denied"
    assert credentials({"SECRET": "denied"}) == {}


def test_a_secret_that_no_client_declares_is_read_by_the_default_client(on):
    on.put("db", '{"username": "shop", "password": "pass"}')
    on.put("billing/db", '{"username": "billing", "password": "other"}')
    other = SecretsManagerClient({"sentry-dsn": "SENTRY_DSN"}, prefix="billing/")
    assert other.get_secret("db", key="username") == "billing"
    assert credentials({"SECRET": "db"}) == {"USER": "shop", "PASSWORD": "pass"}


DEVELOPMENT = {"SECRET": "db", "USER": "u", "PASSWORD": "postgres"}
FROM_AWS = '{"username": "u", "password": "from AWS"}'


@pytest.mark.parametrize("fault", ["broken", "denied"])
@pytest.mark.parametrize(
    ("variables", "is_used"),
    [
        pytest.param({}, False, id="production"),
        pytest.param({"DJANGO_ENV": ""}, False, id="environment not set"),
        pytest.param({"DJANGO_ENV": "development"}, True, id="development"),
        pytest.param({"AWS_SECRETS_FALLBACK": "any"}, True, id="any fallback"),
        pytest.param({"DB_USER_PASSWORD": "postgres"}, True, id="variable"),
        pytest.param({"DATABASE": "postgres://u:postgres@db.example/d"}, True, id="URL"),
        pytest.param({"POSTGRES_USER": "postgres"}, False, id="user in a variable"),
        pytest.param(
            {"DB_PASSWORD": "postgres", "AWS_SECRETS_FALLBACK": "deny"}, False, id="denied variable"
        ),
    ],
)
def test_password_of_the_settings_after_a_failed_call(on, off, fault, variables, is_used):
    on.fault = fault
    for name, value in variables.items():
        off.setenv(name, value)
    clear_secret_cache()
    if is_used:
        assert {**DEVELOPMENT, **credentials(DEVELOPMENT)}["PASSWORD"] == "postgres"
        return
    with pytest.raises(runtime.SecretError) as caught:
        credentials(DEVELOPMENT)
    error = caught.value
    shown = traceback.TracebackException.from_exception(
        error.with_traceback(error.__traceback__.tb_next), capture_locals=True
    )
    assert "postgres'" not in "".join(shown.format())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="missing"),
        pytest.param('{"username": "x"}', id="no field"),
        pytest.param('{"password": null}', id="null"),
    ],
)
def test_password_of_the_settings_if_the_secret_lacks_it(on, text):
    for name in ("declared", "other"):
        if text:
            on.put(name, text)
    client = SecretsManagerClient({"declared": {"password": "DB_PASSWORD"}})
    with pytest.raises(runtime.SecretNotFoundError):
        credentials({**DEVELOPMENT, "SECRET": "declared"})
    assert client.secrets == ("declared",)
    found = credentials({**DEVELOPMENT, "SECRET": "other"})
    assert {**DEVELOPMENT, **found}["PASSWORD"] == "postgres"


def test_password_that_the_settings_read_from_aws(on):
    """The client of the settings has the last known value; the default client has none."""
    on.put("read", FROM_AWS)
    client = SecretsManagerClient({"read": {"password": "DB_PASSWORD"}})
    settings = {**DEVELOPMENT, "SECRET": "read", "PASSWORD": client.get_secret("read:password")}
    on.fault = "broken"
    assert credentials(settings)["PASSWORD"] == "from AWS"


def test_shell(database, monkeypatch):
    from django.db.backends.base.client import BaseDatabaseClient

    started = []

    def runshell(self, parameters):
        started.append(self.settings_to_cmd_args_env(self.connection.settings_dict, parameters))

    monkeypatch.setattr(BaseDatabaseClient, "runshell", runshell)
    wrapper = database.wrapper()
    wrapper.client.runshell(["-A"])
    args, env = started[0]
    assert args[:3] == ["psql", "-U", database.user]
    assert env == {"PGPASSWORD": database.password}
    assert wrapper.settings_dict["USER"] == "nobody"


def test_pool(database, quick):
    pytest.importorskip("psycopg_pool", reason="psycopg_pool is not installed")
    wrapper = database.wrapper(OPTIONS={"pool": {"min_size": 1, "max_size": 4, "timeout": 10}})
    try:
        assert who(wrapper) == database.user
        database.move_database()
        database.move_stage()
        others = [wrapper.copy() for _ in range(3)]
        assert [who(other) for other in others] == [database.user] * 3
        for other in others:
            other.close()
    finally:
        wrapper.close()
        wrapper.close_pool()


def test_pool_with_all_that_a_secret_may_hold(database):
    pytest.importorskip("psycopg_pool", reason="psycopg_pool is not installed")
    place = {"database": "postgres", "host": database.postgres.host, "port": database.postgres.port}
    whole = {"username": database.user, "password": database.password, **place}
    database.server.put("database", json.dumps(whole))
    fields = {
        "NAME": "database",
        "USER": "username",
        "PASSWORD": "password",
        "HOST": "host",
        "PORT": "port",
    }
    elsewhere = {"NAME": "nowhere", "HOST": "nowhere.invalid", "PORT": 1}
    wrapper = database.wrapper(
        SECRET_FIELDS=fields, OPTIONS={"pool": {"min_size": 1, "timeout": 10}}, **elsewhere
    )
    try:
        assert who(wrapper) == database.user
    finally:
        wrapper.close()
        wrapper.close_pool()


def test_pool_that_is_just_switched_on(database):
    pytest.importorskip("psycopg_pool", reason="psycopg_pool is not installed")
    wrapper = database.wrapper(OPTIONS={"pool": True})
    assert who(wrapper) == database.user
    wrapper.close()
    wrapper.close_pool()


@pytest.mark.parametrize(
    "secret", [pytest.param("database", id="from AWS"), pytest.param("", id="from settings")]
)
def test_a_failure_shows_no_password(database, quick, monkeypatch, secret):
    from django.views.debug import ExceptionReporter

    wrong = secrets.token_urlsafe(12)
    database.server.put("database", '{"username": "%s", "password": "%s"}' % (database.user, wrong))
    wrapper = database.wrapper(SECRET=secret, PASSWORD=wrong)
    monkeypatch.setattr(
        SecretsManagerClient.retries_after_rotation,
        "__kwdefaults__",
        {"refused": None, "window": 0.1},
    )
    with pytest.raises(Exception, match="password authentication failed") as caught:
        wrapper.ensure_connection()
    # this function knows the password
    error = caught.value.with_traceback(caught.value.__traceback__.tb_next)
    page = ExceptionReporter(None, type(error), error, error.__traceback__)
    shown = page.get_traceback_html() + page.get_traceback_text()
    assert "conn_params" in shown
    assert wrong not in shown


class Refused(Exception):
    pass


class TestDecorator:
    @pytest.mark.parametrize(
        "error",
        [
            pytest.param(Refused(1045, "Access denied"), id="MySQL"),
            pytest.param(
                Refused("FATAL: password authentication failed for user"), id="PostgreSQL's words"
            ),
        ],
    )
    def test_plain_driver(self, on, error):
        on.put("database", "old")
        asked = []

        @retries_after_rotation("database")
        def connect(host):
            asked.append(runtime.get_secret("database"))
            if asked[-1] == "old":
                on.put("database", "new")
                raise error
            return host

        assert connect("somewhere") == "somewhere"
        assert asked == ["old", "old", "new"]

    @pytest.mark.usefixtures("quick")
    def test_sqlstate_and_own_judgement(self, on):
        on.put("database", "same")
        runtime.get_secret("database")

        class StateError(Exception):
            sqlstate = "28P01"

        @retries_after_rotation("database", window=0)
        def by_state():
            raise StateError

        @retries_after_rotation(
            "database", refused=lambda error: isinstance(error, LookupError), window=0.05
        )
        def by_own():
            raise LookupError

        with pytest.raises(StateError):
            by_state()
        assert on.count() == 2
        with pytest.raises(LookupError):
            by_own()
        assert on.count() > 2
