"""Log in to PostgreSQL, to a server that greets like MySQL, and to a closed port."""

from __future__ import annotations

import json
import secrets
import socket
import threading

import pytest

from shield_ai.flow.verify import db_login
from shield_ai.flow.verify.db_login import LoginAttempt, LoginResult
from shield_ai.model.hidden import Hidden


def document(host, port, **more):
    return Hidden(
        json.dumps(
            {
                "username": "app",
                "password": secrets.token_hex(8),
                "host": host,
                "port": port,
                **more,
            }
        )
    )


@pytest.fixture
def greets():
    """A server that sends a greeting, as MySQL does."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.sendall(b"J")
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()
    # The thread must not accept a connection of the next server with this file descriptor.
    server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    server.close()


def test_a_server_without_greeting_is_postgresql(postgres):
    assert db_login._engines_by_greeting(document(postgres.host, postgres.port)) == ["postgres"]


def test_a_server_with_greeting_is_mysql(greets):
    assert db_login._engines_by_greeting(document(*greets)) == ["mysql"]


@pytest.mark.parametrize(
    "place",
    [{"host": "", "port": 5}, {"host": "127.0.0.1", "port": ""}],
    ids=["no host", "no port"],
)
def test_tries_both_engines_without_host_or_port(place):
    assert db_login._engines_by_greeting(document(**place)) == ["postgres", "mysql"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("not json", "must be a database URL", id="no JSON"),
        pytest.param("[1, 2]", "or a JSON object", id="a list"),
        pytest.param('{"host": "h", "port": "%s"}' % ("9" * 5000), "must be between 1 and 65535", id="many digits"),
        pytest.param('{"host": "h", "port": "99999999"}', "must be between 1 and 65535", id="large port"),
        pytest.param('{"host": "%s", "port": 1}' % ("a" * 70), 'field "username" of the secret is missing', id="invalid host"),
    ],
)  # fmt: skip
def test_an_invalid_secret_is_untried(text, reason):
    login = db_login.try_login(Hidden(text), {})
    assert login.result is LoginResult.UNTRIED
    assert reason in login.detail


def test_no_server():
    value = document("127.0.0.1", 1, sslmode="disable")
    login = db_login.try_login(value, {})
    assert login.result is LoginResult.UNTRIED
    assert login.detail == "not tried: the database server 127.0.0.1:1 can't be reached"


@pytest.mark.parametrize(
    ("environ", "detail"),
    [
        pytest.param({}, "neither PostgreSQL nor MySQL accepts a connection", id="unknown"),
        pytest.param(
            {"ROTATION_ENGINE": "postgres"}, "the database server db.invalid:5432", id="postgres"
        ),
        pytest.param(
            {"ROTATION_ENGINE": "mysql"}, "the database server db.invalid:3306", id="mysql"
        ),
    ],
)
def test_names_no_server_that_nothing_points_to(environ, detail):
    place = {"username": "u", "password": secrets.token_hex(8), "host": "db.invalid"}
    login = db_login.try_login(Hidden(json.dumps(place)), environ)
    assert login.result is LoginResult.UNTRIED
    assert login.detail.startswith(f"not tried: {detail}")


def test_a_server_without_tls(postgres):
    login = db_login.try_login(document(postgres.host, postgres.port), {})
    assert login.result is LoginResult.NO_TLS
    assert login.detail.startswith(
        "not tried: PostgreSQL rejected the connection: it has no TLS, but sslmode requires it"
    )


def test_logs_in(postgres):
    user, password = "u_" + secrets.token_hex(4), secrets.token_hex(8)
    with postgres.connect() as superuser:
        superuser.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'")
    place = {
        "host": postgres.host,
        "port": postgres.port,
        "database": "postgres",
        "sslmode": "disable",
    }
    right = Hidden(json.dumps({"username": user, "password": password, **place}))
    wrong = Hidden(json.dumps({"username": user, "password": "wrong", **place}))
    assert db_login.try_login(right, {}) == LoginAttempt(LoginResult.OK)
    assert db_login.try_login(wrong, {}) == LoginAttempt(
        LoginResult.REFUSED, "the database rejects the user and password"
    )
    with postgres.connect() as superuser:
        superuser.execute(f"DROP ROLE {user}")
