"""Fixtures of the runtime's tests; a test module asks for them with `pytest_plugins`."""

from __future__ import annotations

import os
import threading

import pytest
from runtime_server import Clock, Server, point_at, set_limit

import shield_runtime as runtime
from shield_runtime import process, transport


@pytest.fixture(scope="session")
def session_server():
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def off(monkeypatch):
    """A process with AWS off, an empty cache, no variables of ours, and a single attempt for each call."""
    set_limit(monkeypatch, "ATTEMPTS", 1)
    for name in [name for name in os.environ if name.startswith(("AWS_", "USE_AWS", "DJANGO_"))]:
        monkeypatch.delenv(name)
    runtime.clear_secret_cache()
    forget_clients()
    yield monkeypatch
    runtime.clear_secret_cache()
    forget_clients()


def forget_clients():
    """Forget the clients of other tests: in a cycle, they live until the next collection."""
    for client in set(process.clients):
        if client.secrets:
            process.clients.discard(client)


@pytest.fixture
def on(off, session_server):
    """AWS on, in production, at an empty server of ours."""
    session_server.reset()
    point_at(session_server, off)
    record_errors(session_server, off)
    yield session_server
    session_server.release()
    join_fetches()
    close_sockets()


def record_errors(server, monkeypatch):
    """Keep the errors that the runtime hides, because they may contain values, for a failed test."""
    error_code = transport.error_code

    def recorded(error):
        cause = getattr(error, "kwargs", {}).get("error", error)
        server.client_errors.append(f"{cause!r} of {cause.__context__!r}")
        return error_code(error)

    monkeypatch.setattr(transport, "error_code", recorded)


def join_fetches():
    """Wait for fetches in the background: the server would count them for the next test."""
    for thread in threading.enumerate():
        if thread.name == "shield-ai":
            thread.join(5)


def close_sockets():
    """Let each test open its own connections, so that no fault of another test reaches it."""
    for client in process.clients:
        connected = client._connection and client._connection._connected
        if connected and hasattr(connected[1], "client"):
            connected[1].client.close()


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)
