"""The MySQL backend against a real MariaDB, through PyMySQL, where one is installed."""

from __future__ import annotations

import secrets
import threading

import pytest
from mariadb import installed, running
from runtime_server import until

from shield_runtime import clear_secret_cache, rotation_retry

pytest_plugins = ("runtime_fixtures",)
pytest.importorskip("django")
pymysql = pytest.importorskip("pymysql")
pytestmark = pytest.mark.skipif(
    not installed(), reason="MariaDB is not installed: apt-get install mariadb-server"
)


@pytest.fixture(scope="module")
def mariadb():
    with running() as server:
        yield server


class Database:
    """A user of its own, its password in AWS, and Django's connections as it."""

    def __init__(self, mariadb, server):
        self.mariadb, self.server, self.wrappers = mariadb, server, []
        self.user, self.password = "shop_" + secrets.token_hex(4), secrets.token_urlsafe(12)
        mariadb.run("CREATE USER %s@'%%' IDENTIFIED BY %s", self.user, self.password)
        self.move_stage()

    def move_database(self):
        self.password = secrets.token_urlsafe(12)
        self.mariadb.run("SET PASSWORD FOR %s@'%%' = PASSWORD(%s)", self.user, self.password)

    def move_stage(self):
        self.server.put("database", f'{{"username": "{self.user}", "password": "{self.password}"}}')

    def wrapper(self, **more):
        from shield_runtime.django.mysql.base import DatabaseWrapper

        settings = {
            "ENGINE": "shield_runtime.django.mysql",
            "NAME": "",
            "USER": "nobody",
            "PASSWORD": "wrong",
            "HOST": self.mariadb.host,
            "PORT": self.mariadb.port,
            "SECRET": "database",
            "OPTIONS": {"ssl_disabled": True},
            "TIME_ZONE": None,
            "CONN_MAX_AGE": 0,
            "CONN_HEALTH_CHECKS": False,
            "AUTOCOMMIT": True,
            **more,
        }
        self.wrappers.append(DatabaseWrapper(settings, alias="default"))
        return self.wrappers[-1]


@pytest.fixture
def database(mariadb, on, monkeypatch):
    import django
    from django.conf import settings

    monkeypatch.setattr(rotation_retry, "POLL_INTERVAL", 0.01)
    monkeypatch.setattr(rotation_retry, "MAX_POLL_INTERVAL", 0.02)
    pymysql.install_as_MySQLdb()
    if not settings.configured:
        settings.configure(SECRET_KEY=secrets.token_hex())
        django.setup()
    database = Database(mariadb, on)
    yield database
    for wrapper in database.wrappers:
        wrapper.close()
    mariadb.run("DROP USER %s@'%%'", database.user)


def who(wrapper):
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT current_user()")
        return cursor.fetchone()[0].partition("@")[0]


def test_new_connection_after_a_rotation(database):
    wrapper = database.wrapper()
    assert who(wrapper) == database.user
    assert wrapper.settings_dict["PASSWORD"] == "wrong"
    database.move_database()
    database.move_stage()
    assert who(wrapper) == database.user
    assert database.server.count() == 1
    wrapper.close()
    assert who(wrapper) == database.user
    assert database.server.count() == 2


def test_waits_through_the_rotation_window(database):
    wrapper = database.wrapper()
    assert who(wrapper) == database.user
    wrapper.close()
    database.move_database()
    got = []
    wrapper.inc_thread_sharing()
    thread = threading.Thread(target=lambda: (got.append(who(wrapper)), wrapper.close()))
    thread.start()
    until(lambda: database.server.count() >= 4)
    assert not got
    database.move_stage()
    thread.join(20)
    assert got == [database.user]


def test_other_errors_are_not_retried(database):
    from django.db import OperationalError

    with pytest.raises(OperationalError, match="no_such_database"):
        who(database.wrapper(NAME="no_such_database"))
    assert database.server.count() == 1


def test_without_a_secret_or_with_aws_off(database, off):
    settings = {"USER": database.user, "PASSWORD": database.password}
    assert who(database.wrapper(SECRET=None, **settings)) == database.user
    off.setenv("USE_AWS_SECRETS", "off")
    clear_secret_cache()
    assert who(database.wrapper(**settings)) == database.user
    assert database.server.count() == 0


def test_shell(database, monkeypatch):
    from django.db.backends.base.client import BaseDatabaseClient

    started = []

    def runshell(self, parameters):
        started.append(self.settings_to_cmd_args_env(self.connection.settings_dict, parameters))

    monkeypatch.setattr(BaseDatabaseClient, "runshell", runshell)
    database.wrapper().client.runshell([])
    args, env = started[0]
    assert args[:2] == ["mysql", f"--user={database.user}"]
    assert env == {"MYSQL_PWD": database.password}
