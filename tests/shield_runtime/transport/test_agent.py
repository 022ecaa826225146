"""The Secrets Manager Agent as transport: its protocol, its token, its faults."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys

import pytest
from runtime_server import Server, set_limit

from shield_runtime import (
    SecretAccessDeniedError,
    SecretError,
    SecretNotFoundError,
    SecretUnavailableError,
    clear_secret_cache,
    get_secret,
    get_secret_bytes,
    prefetch,
    refresh_secret,
)
from shield_runtime.transport import agent as agent_module
from shield_runtime.transport import error_code

pytest_plugins = ("runtime_fixtures",)
VALUE = secrets.token_hex(16)
TOKEN = secrets.token_hex(16)


@pytest.fixture(autouse=True)
def agent(off, session_server, monkeypatch):
    session_server.reset()
    off.setenv("USE_AWS_SECRETS", "true")
    off.setenv("DJANGO_ENV", "production")
    off.setenv("AWS_SECRETS_TRANSPORT", "agent")
    off.setenv("AWS_TOKEN", TOKEN)
    off.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", str(session_server.server_address[1]))
    off.setenv("http_proxy", "http://127.0.0.1:1")
    set_limit(monkeypatch, "READ_TIMEOUT", 0.3)
    set_limit(monkeypatch, "ATTEMPTS", 3)
    clear_secret_cache()
    yield session_server
    session_server.release()


def test_text_and_bytes(agent):
    agent.put("shop/test&secret", VALUE)
    agent.put("binary", b"\xff\x00")
    assert get_secret("shop/test&secret") == VALUE
    assert get_secret_bytes("binary") == b"\xff\x00"
    method, path, headers = agent.requests[0]
    assert (method, path) == (
        "GET",
        "/secretsmanager/get?secretId=shop%2Ftest%26secret&versionStage=AWSCURRENT",
    )
    assert headers["X-Aws-Parameters-Secrets-Token"] == TOKEN


def test_refresh_asks_the_agent_to_refresh(agent):
    agent.put("test-secret", VALUE)
    refresh_secret("test-secret")
    assert agent.requests[0][1].endswith("&refreshNow=true")


def test_prefetch_makes_single_calls(agent):
    agent.put("a", VALUE)
    agent.put("b", VALUE)
    assert prefetch("a", "b") == {}
    assert agent.count() == 2


@pytest.mark.parametrize(
    ("fault", "kind", "calls"),
    [
        pytest.param("missing", SecretNotFoundError, 1, id="not found"),
        pytest.param("denied", SecretAccessDeniedError, 1, id="denied"),
        pytest.param("throttled", SecretUnavailableError, 3, id="throttled"),
        pytest.param("broken", SecretUnavailableError, 3, id="500"),
        pytest.param("cut", SecretUnavailableError, 3, id="body cut off"),
        pytest.param("garbage", SecretUnavailableError, 1, id="garbage"),
        pytest.param("empty", SecretUnavailableError, 1, id="no value"),
        pytest.param("redirect", SecretUnavailableError, 1, id="redirect is not followed"),
        pytest.param("forbidden", SecretAccessDeniedError, 1, id="token refused"),
        pytest.param("blackhole", SecretUnavailableError, 3, id="black hole"),
        pytest.param("slow", SecretUnavailableError, 3, id="one byte at a time"),
    ],
)
def test_faults(agent, monkeypatch, fault, kind, calls):
    monkeypatch.setattr(agent_module, "jitter", lambda seconds, least: seconds * least)
    agent.fault = fault
    with pytest.raises(kind):
        get_secret("test-secret")
    assert len(agent.requests) == calls


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"SecretString": null}', id="null"),
        pytest.param('{"SecretString": ["SeCrEt"]}', id="list"),
        pytest.param('{"SecretString": 4711}', id="number"),
        pytest.param('{"SecretBinary": null}', id="binary null"),
        pytest.param('{"SecretBinary": "SeC%rEt"}', id="not Base64"),
        pytest.param('["SecretString"]', id="not an object"),
        pytest.param('"SecretString"', id="text"),
        pytest.param('{"SecretString": "' + "[" * 10, id="cut off"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param('{"SecretString": "SeCrEt' + "x" * 2**20 + '"}', id="large"),
    ],
)
@pytest.mark.parametrize("read", [get_secret, get_secret_bytes])
def test_invalid_response(agent, read, body):
    agent.body = body.encode()
    with pytest.raises(SecretUnavailableError, match=r"invalid response|no valid value") as caught:
        read("test-secret")
    assert "SeC" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert len(agent.requests) == 1


def test_comes_back_within_the_attempts(agent, monkeypatch):
    agent.put("test-secret", VALUE)
    agent.fault = "broken"

    def mended(_seconds):
        agent.fault = None

    monkeypatch.setattr(
        agent_module.time, "sleep", lambda seconds: mended(seconds) if seconds else None
    )
    assert get_secret("test-secret") == VALUE
    assert len(agent.requests) == 2


def test_at_the_limit_of_threads(agent, monkeypatch):
    def refuse(_timer):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(agent_module.Timer, "start", refuse)
    agent.put("test-secret", VALUE)
    assert get_secret("test-secret") == VALUE


def test_no_agent(off):
    server = Server()
    server.stop()
    off.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", str(server.server_address[1]))
    set_limit(off, "ATTEMPTS", 1)
    with pytest.raises(SecretUnavailableError, match="ConnectionRefusedError"):
        get_secret("test-secret")


@pytest.mark.parametrize("port", ["x", "0", "-1", "65536", "9" * 5000])
def test_port_that_is_none(off, port):
    off.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", port)
    with pytest.raises(SecretError, match="use a port number"):
        get_secret("test-secret")


class TestToken:
    @pytest.fixture
    def file(self, off, tmp_path):
        path = tmp_path / "token"
        path.write_text(TOKEN + "\n")
        path.chmod(0o640)
        off.setenv("AWS_TOKEN", f"file://{path}")
        return path

    @pytest.mark.usefixtures("file")
    def test_of_a_file(self, agent):
        agent.put("test-secret", VALUE)
        assert get_secret("test-secret") == VALUE
        assert agent.requests[0][2]["X-Aws-Parameters-Secrets-Token"] == TOKEN

    @pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
    def test_of_a_file_that_is_too_open(self, agent, file, mode):
        file.chmod(mode)
        with pytest.raises(SecretAccessDeniedError, match="token file") as caught:
            get_secret("test-secret")
        assert TOKEN not in str(caught.value)
        assert not agent.requests

    def test_of_a_file_that_is_not_there(self, file):
        file.unlink()
        with pytest.raises(SecretAccessDeniedError, match="FileNotFoundError"):
            get_secret("test-secret")

    def test_of_lambda(self, agent, off):
        off.delenv("AWS_TOKEN")
        off.setenv("AWS_SESSION_TOKEN", "session" + TOKEN)
        get_secret("test-secret", None)
        assert agent.requests[0][2]["X-Aws-Parameters-Secrets-Token"] == "session" + TOKEN


def test_the_sdk_is_not_imported(agent):
    agent.put("test-secret", VALUE)
    code = (
        "import sys; from shield_runtime import get_secret; print(get_secret('test-secret'));"
        "print(sorted({'boto3', 'botocore', 'logging'} & set(sys.modules)))"
    )
    out = subprocess.check_output(
        [sys.executable, "-c", code], text=True, env=dict(os.environ)
    ).split("\n")
    assert out[:2] == [VALUE, "[]"]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        pytest.param("HTTP 500", "HTTP 500", id="our own"),
        pytest.param("Bad\n\x1b[2J\u202ex", "Bad___2J_x", id="hostile"),
        pytest.param("x" * 500, "x" * 80, id="long"),
    ],
)
def test_error_codes_are_plain_and_short(code, shown):
    assert error_code(agent_module.AgentError(code)) == shown
