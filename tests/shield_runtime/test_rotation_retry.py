"""A process waits only once for the successor of a password that a server rejects."""

from __future__ import annotations

import secrets

import pytest

from shield_runtime import get_secret, retries_after_rotation, rotation_retry

pytest_plugins = ("runtime_fixtures",)


class RefusedError(Exception):
    """The exception of a driver for a wrong password."""

    sqlstate = "28P01"


class Server:
    """A server with its own password."""

    def __init__(self):
        self.password = secrets.token_hex(8)

    def connect(self, window):
        @retries_after_rotation("database", window=window)
        def connect():
            if get_secret("database") != self.password:
                raise RefusedError

        connect()


@pytest.fixture
def server(on, monkeypatch):
    monkeypatch.setattr(rotation_retry, "POLL_INTERVAL", 0.02)
    server = Server()
    on.put("database", server.password)
    server.connect(0)
    return server


def count_reads(on, server, window):
    """Return how often AWS is read for a connection that the server rejects."""
    before = on.count()
    with pytest.raises(RefusedError):
        server.connect(window)
    return on.count() - before


def test_waits_once_for_the_successor_of_a_password(on, server):
    server.password = secrets.token_hex(8)
    assert count_reads(on, server, 1.0) > 1
    assert [count_reads(on, server, 0.3) for _ in range(3)] == [1, 1, 1]  # 0.3 s are over
    on.put("database", server.password)
    server.connect(0)
    server.password = secrets.token_hex(8)
    assert count_reads(on, server, 1.0) > 1


def test_waits_for_the_successor_of_another_wrong_password(on, server):
    server.password = secrets.token_hex(8)
    count_reads(on, server, 1.0)
    on.put("database", secrets.token_hex(8))
    assert count_reads(on, server, 1.0) > 2


def test_waits_again_after_a_connection_that_succeeds(on, server):
    good = server.password
    server.password = secrets.token_hex(8)
    count_reads(on, server, 1.0)
    server.password = good
    server.connect(1.0)
    server.password = secrets.token_hex(8)
    assert count_reads(on, server, 1.0) > 1
