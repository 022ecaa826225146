from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys

import pytest
from fault_proxy import FaultProxy
from shield_helpers import files_of, make_app, run

APPLY = ["apply", "--env-file", ".env", "--yes"]


@pytest.fixture
def app(tmp_path):
    root = tmp_path / "app"
    root.mkdir()
    make_app(root)
    return root


def run_interrupted(proxy, *arguments, operation, at, cwd):
    """Run a command, and send Ctrl-C to this process at a call to AWS."""
    proxy.call(operation, lambda _: os.kill(os.getpid(), signal.SIGINT), at=at)
    return run(*arguments, cwd=cwd, env={"AWS_ENDPOINT_URL": proxy.url})


def test_apply_and_rollback_say_what_was_done(app, aws):
    before = files_of(app)
    with FaultProxy(aws.url) as proxy:
        done = run_interrupted(proxy, *APPLY, operation="CreateSecret", at=2, cwd=app)
    assert done.code == 130
    assert "error: interrupted; every file was restored; 1 of " in done.err
    assert "changes in AWS completed\n" in done.err
    hint = "run shield apply again to continue, or shield rollback to undo the completed steps"
    assert done.err.endswith(f"\nhint: {hint}\n")
    unchanged = {path: files_of(app).get(path) for path in before}
    assert unchanged == before

    assert run(*APPLY, cwd=app).code == 0
    with FaultProxy(aws.url) as proxy:
        done = run_interrupted(proxy, "rollback", "--yes", operation="DeleteSecret", at=2, cwd=app)
    assert done.code == 130
    assert "error: interrupted; " in done.err
    assert " steps undone\n\nhint: run shield rollback again to undo the others\n" in done.err
    assert run("rollback", "--yes", cwd=app).code == 0
    assert files_of(app).keys() - before.keys() <= {"shield.toml"}


def test_interrupt_before_the_first_step(app, aws):
    before = files_of(app)
    for command in (APPLY, ["plan"]):
        with FaultProxy(aws.url) as proxy:
            done = run_interrupted(proxy, *command, operation="GetCallerIdentity", at=1, cwd=app)
        assert done.code == 130
        assert "error: interrupted\n\nhint: nothing was changed; run " in done.err
    assert files_of(app) == before


def test_interrupted_scan_of_repositories(app, tmp_path, monkeypatch):
    (tmp_path / "repos").write_text(f"{app}\n{tmp_path / 'second'}\n")
    (tmp_path / "second").mkdir()

    def stop_after_the_first(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("shield_ai.cli.progress.ProgressBar.update", stop_after_the_first)
    done = run("scan", "--repos", "repos", cwd=tmp_path)
    assert done.code == 130
    assert "error: interrupted; 1 of 2 repositories scanned and saved in shield-fleet" in done.err
    assert "hint: run the same command again to continue" in done.err


def answer_question(app, respond, *arguments, until=b"[y/N]: "):
    """Run a command on a terminal, and return its exit code and what it shows."""
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "shield_ai", *arguments]
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    process = subprocess.Popen(
        command, cwd=app, stdin=terminal, stdout=terminal, stderr=terminal, env=environment
    )
    os.close(terminal)
    shown = b""
    while not shown.endswith(until):
        shown += os.read(controller, 4096)
    respond(process, controller)
    with contextlib.suppress(OSError):  # the other end is closed: all is read
        while part := os.read(controller, 4096):
            shown += part
    os.close(controller)
    return process.wait(), shown


def interrupt(process, _controller):
    """Send Ctrl-C until the process ends.

    A signal between the question and the system call that waits for the answer only sets a flag,
    and the call then waits. A person would press the keys again.
    """
    ended = False
    while not ended:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
            ended = True


def test_ctrl_c_at_a_question(app):
    """The error begins on a new line, after "[y/N]: ^C"."""
    code, shown = answer_question(app, interrupt, "apply", "--only", "code")
    assert code == 130
    end = b"[y/N]: \r\nerror: interrupted\r\n\r\nhint: nothing was changed; run shield apply again\r\n"
    assert shown.endswith(end)


@pytest.mark.parametrize("answer", [b"n", b""], ids=["no", "default"])
def test_a_question_answered_with_no(app, answer):
    before = files_of(app)
    code, shown = answer_question(
        app, lambda _, controller: os.write(controller, answer + b"\n"), "apply", "--only", "code"
    )
    assert code == 1
    assert shown.endswith(b"[y/N]: " + answer + b"\r\nnothing changed\r\n"), shown
    assert files_of(app).keys() - before.keys() <= {"shield.toml"}


def kill_during_apply(app, aws):
    """Kill an apply when AWS has created its second secret."""
    with FaultProxy(aws.url) as proxy:
        environment = {**aws.environment(os.environ), "AWS_ENDPOINT_URL": proxy.url}
        command = [sys.executable, "-m", "shield_ai", *APPLY]
        child = subprocess.Popen(
            command, cwd=app, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        kill = lambda _: child.send_signal(signal.SIGKILL)  # noqa: E731
        proxy.call("CreateSecret", kill, at=2, after=True, drop=True)
        child.wait()


RECOVERED = b"1 step of the earlier apply was completed or reverted"


@pytest.mark.parametrize(
    ("answer", "code", "end"),
    [
        pytest.param(
            lambda _, controller: os.write(controller, b"n\n"),
            1,
            b"n\r\n" + RECOVERED + b"; nothing else changed\r\n",
            id="no",
        ),
        pytest.param(
            interrupt,
            130,
            b"[y/N]: \r\nerror: interrupted; before that, "
            + RECOVERED
            + b"\r\n\r\nhint: run shield apply again"
            b" to continue, or shield rollback to undo the steps\r\n",
            id="Ctrl-C",
        ),
    ],
)
def test_an_answer_after_a_recovery_does_not_deny_it(app, aws, answer, code, end):
    kill_during_apply(app, aws)
    shown = b""

    def recover_first(process, controller):
        nonlocal shown
        os.write(controller, b"y\n")
        while not shown.endswith(b"Apply this plan? [y/N]: "):
            shown += os.read(controller, 4096)
        answer(process, controller)

    ended, rest = answer_question(app, recover_first, "apply", "--env-file", ".env")
    assert (ended, (shown + rest).endswith(end)) == (code, True), shown + rest


def test_an_answer_with_another_name(app, aws):
    assert run("draft", cwd=app).code == 0
    with (app / "shield.toml").open("a") as toml:
        toml.write("\n[environments.production]\n")
    code, shown = answer_question(
        app,
        lambda _, controller: os.write(controller, b"other\n"),
        *("apply", "--only", "code", "--environment", "production"),
        until=b"to confirm: ",
    )
    assert code == 1
    assert shown.endswith(b"\r\nnothing changed: the answer is not app\r\n"), shown
