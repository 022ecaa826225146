from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import boto3
import pytest
from processes import all_gone, with_descendants

from shield_ai.model.errors import ShieldError
from shield_ai.sandbox import LocalAws
from shield_ai.sandbox.emulator.server import run_beside, serve_forever, without_aws

if TYPE_CHECKING:
    from pathlib import Path

SERVE = "import sys; from shield_ai.sandbox import serve_forever; serve_forever(lambda line: print(line, flush=True))"


def secret_names(aws: LocalAws) -> list[str]:
    client = aws.client("secretsmanager")
    try:
        return [secret["Name"] for secret in client.list_secrets()["SecretList"]]
    finally:
        client.close()


def test_boto3_uses_it_through_env_vars(aws: LocalAws) -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name="a", SecretString="x")
    client.close()
    assert secret_names(aws) == ["a"]


def test_is_empty_for_each_test(aws: LocalAws) -> None:
    assert secret_names(aws) == []


def test_two_accounts_are_independent(aws: LocalAws) -> None:
    with LocalAws.start() as other:
        assert other.url != aws.url
        assert other.environment()["AWS_ACCESS_KEY_ID"] != aws.environment()["AWS_ACCESS_KEY_ID"]
        client = other.client("secretsmanager")
        client.create_secret(Name="only-there", SecretString="x")
        client.close()
        assert secret_names(other) == ["only-there"]
        assert secret_names(aws) == []


def test_removes_processes_and_files() -> None:
    with LocalAws.start() as aws:
        pids = with_descendants(aws.supervisor_pid)
        log = aws.log_path
        assert aws.pid in pids
        assert log.exists()
    assert all_gone(pids)
    assert not log.parent.exists()


def test_environment_replaces_all_aws_variables(aws: LocalAws, tmp_path: Path) -> None:
    base = {
        "PATH": "/bin",
        "AWS_PROFILE": "production",
        "AWS_ENDPOINT_URL_SECRETSMANAGER": "https://elsewhere",
        "AWS_SESSION_TOKEN": "t",
        "NO_PROXY": "intranet,127.0.0.1",
    }
    env = aws.environment(base)
    assert env == {
        "PATH": "/bin",
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": env["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": env["AWS_SECRET_ACCESS_KEY"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "intranet,127.0.0.1",
    }
    assert without_aws(base) == {"PATH": "/bin", "NO_PROXY": "intranet,127.0.0.1"}


def test_bypasses_a_proxy(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert secret_names(aws) == []
    monkeypatch.delenv("NO_PROXY")
    assert secret_names(aws) == []


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        pytest.param({"A": ""}, {"NO_PROXY": "127.0.0.1"}, id="none"),
        pytest.param({"NO_PROXY": "a,127.0.0.1"}, {"NO_PROXY": "a,127.0.0.1"}, id="upper case"),
        pytest.param(
            {"no_proxy": "a"},
            {"no_proxy": "a,127.0.0.1", "NO_PROXY": "a,127.0.0.1"},
            id="lower case",
        ),
        pytest.param(
            {"no_proxy": "a", "NO_PROXY": "b"},
            {"no_proxy": "a,127.0.0.1", "NO_PROXY": "b,127.0.0.1"},
            id="both",
        ),
    ],
)
def test_environment_excludes_it_from_proxies(
    aws: LocalAws, base: dict[str, str], expected: dict[str, str]
) -> None:
    env = aws.environment({**base, "http_proxy": "http://127.0.0.1:9"})
    assert {name: env[name] for name in env if name.lower() == "no_proxy"} == expected
    script = "import urllib.request; print(urllib.request.proxy_bypass('127.0.0.1'))"
    command = [sys.executable, "-c", script]
    assert subprocess.check_output(command, env=env, text=True) == "True\n"


@pytest.mark.parametrize("module", ["moto", "flask_cors"])
def test_missing_packages(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ShieldError, match=module) as error:
        LocalAws.start()
    assert "pip install 'shield-ai[local]'" in error.value.hint


def test_server_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("PYTHONHOME", "/no/such/place")
    with pytest.raises(ShieldError, match="the AWS emulator exited during startup"):
        LocalAws.start()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(FileNotFoundError):
        LocalAws.start()
    assert list(tmp_path.iterdir()) == []


def test_port_is_taken(aws: LocalAws) -> None:
    port = int(aws.url.rpartition(":")[2])
    with pytest.raises(
        ShieldError, match=f"can't listen on 127.0.0.1:{port}: Address already in use"
    ) as error:
        LocalAws.start(port)
    assert "another port" in error.value.hint


@pytest.mark.parametrize("port", [-1, 65536])
def test_port_does_not_exist(port: int) -> None:
    with pytest.raises(ShieldError, match=f"{port} is not a port number"):
        LocalAws.start(port)


def test_exports_are_quoted_for_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "a b")
    lines: list[str] = []

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serve_forever(lines.append, on_start=interrupt)
    assert "export NO_PROXY='a b,127.0.0.1'" in lines


def test_serve_forever_prints_exports_and_stops_with_ctrl_c(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        exports = {}
        while "NO_PROXY" not in exports:
            line = process.stdout.readline().strip()
            command, _, rest = line.partition(" ")
            assert command in ("unset", "export"), line
            if command == "export":
                name, _, value = rest.partition("=")
                exports[name] = value
                monkeypatch.setenv(name, value)
        try:
            client = boto3.session.Session().client("sts")
            assert client.get_caller_identity()["Account"] == "123456789012"
            client.close()
            pids = with_descendants(process.pid)
            assert len(pids) == 3
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
        finally:
            process.kill()
    assert all_gone(pids)


def test_serve_forever_reports_an_unexpected_exit() -> None:
    code = SERVE.replace(
        "print(line, flush=True)",
        "[os.kill(child.pid, 9) for child in psutil.Process().children()]",
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import os, psutil; {code}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "the AWS emulator exited unexpectedly" in done.stderr


STARTS_ALL = """
import sys, time
from pathlib import Path
from shield_ai.sandbox import *
place = Path(sys.argv[1])
aws = LocalAws.start()
pg = LocalPostgres.start()
app = copy_sample(place / "shop")
write_env(app, pg)
env = aws.environment({})
load_data(app, env, place / "log")
web = WebApp.start(app, env, place / "log")
print(web.health()["status"], aws.log_path.parent, pg.log_path.parent.parent, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_servers_stop_when_the_parent_dies(tmp_path: Path, how: signal.Signals) -> None:
    argv = [sys.executable, "-c", STARTS_ALL, str(tmp_path)]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout
        status, *folders = parent.stdout.readline().split()
        assert status == "ok"
        pids = with_descendants(parent.pid)
        assert len(pids) > 7
        assert all(map(os.path.exists, folders))
        parent.send_signal(how)
        parent.wait(20)
    assert all_gone(pids)
    assert not any(map(os.path.exists, folders))


@pytest.mark.parametrize("code", [pytest.param(0, id="success"), pytest.param(7, id="failure")])
def test_run_beside(code: int, capfd: pytest.CaptureFixture[str]) -> None:
    told = "import os, sys, boto3; assert os.environ['SHIELD_LOCAL'] == 'true'; c = boto3.client('sts'); print(c.get_caller_identity()['Account']); c.close()"
    ended: list[LocalAws] = []
    command = [sys.executable, "-c", f"{told}; sys.exit({code})"]
    assert run_beside(command, on_end=ended.append) == code
    assert len(ended) == 1
    assert capfd.readouterr().out == "123456789012\n"


def test_run_beside_passes_ctrl_c_to_the_command() -> None:
    # A signal that is waited for can't arrive too early.
    inner = (
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}); print('ready', flush=True); "
        "signal.sigwait({signal.SIGINT}); print('caught', flush=True); input(); print('went on')"
    )
    run = f"import sys; from shield_ai.sandbox.emulator.server import run_beside; sys.exit(run_beside([sys.executable, '-c', {inner!r}]))"
    command = [sys.executable, "-c", run]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.readline() == "caught\n"
        assert process.communicate("\n", timeout=20)[0] == "went on\n"
        assert process.returncode == 0


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_run_beside_returns_the_code_of_a_shell_for_a_signal(name: str, code: int) -> None:
    stop = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL)"
    command = f"{stop}; os.kill(os.getpid(), getattr(signal, sys.argv[1]))"
    assert run_beside([sys.executable, "-c", command, name]) == code


def test_run_beside_with_a_missing_program() -> None:
    with pytest.raises(ShieldError, match="can't run nonesuch: No such file") as error:
        run_beside(["nonesuch"])
    assert "give a program" in error.value.hint
