"""`shield run` starts a command with the secrets of the AWS emulator in its environment."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from fault_proxy import FaultProxy
from waiting import wait_for

MANIFEST = """\
[app]
name = "shop"
settings = ["settings.py"]

[[secret]]
name = "token"
env = "TOKEN"

[[secret]]
name = "database-credentials"
fields = { username = "DB_USER", password = "DB_PASSWORD" }

[[secret]]
name = "sentry-dsn"
env = "SENTRY_DSN"
optional = true
"""
TOKEN = "it's\n" + secrets.token_hex(12) + " $HOME `id`"
PASSWORD = secrets.token_hex(12)
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.fixture
def client(aws):
    return boto3.client("secretsmanager")


@pytest.fixture
def app(tmp_path, client):
    (tmp_path / "shield.toml").write_text(MANIFEST)
    client.create_secret(Name="token", SecretString=TOKEN)
    document = {"username": "shop", "password": PASSWORD}
    client.create_secret(Name="database-credentials", SecretString=json.dumps(document))
    return tmp_path


def start(*arguments, cwd, env=None, **options):
    command = [sys.executable, "-m", "shield_ai", "run", *arguments]
    return subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finish(*arguments, cwd, env=None):
    process = start(*arguments, cwd=cwd, env=env)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_the_command_gets_the_secrets_and_the_inherited_variables(app):
    env = {"TOKEN": "of the shell", "KEPT": "yes", "SENTRY_DSN": "of the shell"}
    code, out, err = finish("--", sys.executable, "-c", SHOW, cwd=app, env=env)
    assert (code, err) == (0, "optional, not in AWS: SENTRY_DSN\n")
    environ = json.loads(out)
    expected = {"TOKEN": TOKEN, "DB_USER": "shop", "DB_PASSWORD": PASSWORD, "KEPT": "yes"}
    assert environ.items() >= expected.items()
    assert environ["SENTRY_DSN"] == "of the shell"


def test_only_the_named_secrets(app):
    code, out, _ = finish("--only", "token", "--", sys.executable, "-c", SHOW, cwd=app)
    assert code == 0
    assert json.loads(out)["TOKEN"] == TOKEN
    assert "DB_PASSWORD" not in json.loads(out)


def test_options_of_the_command_are_not_parsed(app):
    program = "import sys; print(sys.argv[1:])"
    arguments = ("--only", "x", "--help", "--", "-y")
    code, out, _ = finish("--", sys.executable, "-c", program, *arguments, cwd=app)
    assert (code, out) == (0, f"{list(arguments)}\n")


@pytest.mark.parametrize("exit_code", [0, 1, 5, 77, 127])
def test_the_exit_code_is_that_of_the_command(app, exit_code):
    code, _, _ = finish("--only", "token", "--", "sh", "-c", f"exit {exit_code}", cwd=app)
    assert code == exit_code


def test_the_command_has_the_process_id_and_gets_signals(app, tmp_path):
    process = start("--", "sh", "-c", "echo $$; exec sleep 60", cwd=app)
    assert int(process.stdout.readline()) == process.pid
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == -signal.SIGTERM
    process.communicate()


def test_values_are_not_in_the_arguments(app):
    process = start("--", "sleep", "60", cwd=app)
    proc = Path(f"/proc/{process.pid}")

    def command_line():
        return (proc / "cmdline").read_bytes()

    assert wait_for(lambda: command_line() == b"sleep\x0060\x00")
    assert f"TOKEN={TOKEN}\0".encode() in (proc / "environ").read_bytes()
    process.kill()
    process.communicate()


def test_a_closed_pipe_ends_the_command(app):
    """Python ignores SIGPIPE; the command must not inherit that."""
    script = '"$@" | head -n 1'
    command = [sys.executable, "-m", "shield_ai", "run", "--only", "token", "--", "yes"]
    done = subprocess.run(
        ["sh", "-c", script, "sh", *command], cwd=app, capture_output=True, check=True, timeout=60
    )
    assert (done.stdout, done.stderr) == (b"y\n", b"")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("touch", "started"), "-- is missing before the command", id="no-dashes"),
        pytest.param(("touch", "-c", "started"), "-- is missing", id="option of the command"),
        pytest.param(("--onyl", "x"), "no such option", id="misspelled option"),
        pytest.param((), "-- is missing before the command", id="nothing"),
        pytest.param(("--",), "the command after -- is missing", id="no-command"),
        pytest.param(("x", "--", "touch", "started"), "got unexpected extra argument", id="before"),
        pytest.param(("--", "no-such-command"), "command not found: no-such-command", id="unknown"),
        pytest.param(("--", "./shield.toml"), "command not found", id="not-executable"),
        pytest.param(
            ("--only", "tokens", "--", "touch", "started"),
            "does not define the secret tokens",
            id="secret",
        ),
    ],
)
def test_a_usage_error_starts_nothing(app, shield, arguments, message):
    done = shield("run", *arguments, cwd=app)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert not (app / "started").exists()


def test_a_script_without_an_interpreter(app):
    script = app / "script"
    script.write_text("exit 3\n")
    script.chmod(0o755)
    code, _, err = finish("--", "./script", cwd=app)
    assert code == 2
    assert "error: ./script can't be started: Exec format error" in err
    assert TOKEN not in err


def test_a_missing_secret_starts_nothing(app, client, shield):
    client.delete_secret(SecretId="token", ForceDeleteWithoutRecovery=True)
    client.put_secret_value(SecretId="database-credentials", SecretString='{"username": "shop"}')
    done = shield("run", "--", "touch", "started", cwd=app)
    assert done.code == 5
    assert "error: not in AWS: TOKEN, DB_PASSWORD\n" in done.err
    assert not (app / "started").exists()


@pytest.mark.parametrize(
    "error", ["AccessDeniedException", "ThrottlingException", "InternalServiceError"]
)
def test_a_secret_that_cannot_be_read_starts_nothing(aws, app, shield, monkeypatch, error):
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        proxy.answer("BatchGetSecretValue", error, at=None)
        proxy.answer("GetSecretValue", error, at=None)
        done = shield("run", "--", "touch", "started", cwd=app)
    assert done.code == 5
    assert "secretsmanager:GetSecretValue" in done.err
    assert not (app / "started").exists()


def test_a_value_that_no_variable_can_hold(app, client, shield):
    client.put_secret_value(SecretId="token", SecretString="a\0b")
    done = shield("run", "--", "touch", "started", cwd=app)
    assert done.code == 2
    assert "error: an environment variable can't hold the value of TOKEN\n" in done.err
    assert not (app / "started").exists()


def test_binary_values_are_passed_on(app, client):
    client.put_secret_value(SecretId="token", SecretBinary=b"\xff\xfe\x80")
    program = "import os; print(os.environb[b'TOKEN'])"
    code, out, _ = finish("--only", "token", "--", sys.executable, "-c", program, cwd=app)
    assert (code, out) == (0, "b'\\xff\\xfe\\x80'\n")
