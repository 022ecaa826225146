from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from processes import alive, all_gone, wait_for

from shield_ai.model.errors import ShieldError
from shield_ai.sandbox.emulator import supervised
from shield_ai.sandbox.emulator.supervised import SupervisedProcess, last_line

if TYPE_CHECKING:
    from pathlib import Path

FOREVER = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + FOREVER
WITH_CHILD = (
    f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {FOREVER!r}]).pid, flush=True); "
    + FOREVER
)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def start(tmp_path: Path, *codes: str, **options: object) -> SupervisedProcess:
    return SupervisedProcess(
        "the test's server",
        [python(code) for code in codes],
        log=tmp_path / "log",
        env=os.environ,
        **options,
    )


def is_up(child: SupervisedProcess) -> bool | None:
    return "up" in child.log_path.read_text() or None


def test_runs_until_stopped(tmp_path: Path) -> None:
    with start(tmp_path, FOREVER) as child:
        assert child.wait_until(lambda: is_up(child), 10)
        assert child.is_running()
        pids = [child.pid, child.supervisor_pid]
        assert all(map(alive, pids))
    assert not any(map(alive, pids))
    child.stop()


def test_runs_commands_in_order_with_env_and_folder(tmp_path: Path) -> None:
    code = "import os; print(os.environ['WORD'], os.getcwd())"
    child = SupervisedProcess(
        "x", [python(code), python(code)], log=tmp_path / "log", env={"WORD": "hello"}, cwd=tmp_path
    )
    assert child.wait() == 0
    assert child.log_path.read_text().split("\n") == [f"hello {tmp_path}"] * 2 + [""]
    child.stop()


def test_stops_at_the_first_command_that_fails(tmp_path: Path) -> None:
    child = start(tmp_path, "import sys; sys.exit('no room')", "print('second')")
    assert child.wait() == 1
    assert child.log_path.read_text() == "no room\n"
    with pytest.raises(ShieldError, match="did not start"):
        _ = child.pid
    child.stop()


def test_startup_error_shows_the_last_log_line(tmp_path: Path) -> None:
    with (
        start(tmp_path, "import sys; sys.exit('no room')") as child,
        pytest.raises(ShieldError, match="exited during startup") as error,
    ):
        child.wait_until(lambda: None, 10)
    assert error.value.hint == "last log line: no room"


def test_startup_timeout(tmp_path: Path) -> None:
    with (
        start(tmp_path, FOREVER) as child,
        pytest.raises(ShieldError, match=r"not ready after 0\.1 s"),
    ):
        child.wait_until(lambda: None, 0.1)


def test_missing_program(tmp_path: Path) -> None:
    with SupervisedProcess("x", [["/no/such/program"]], log=tmp_path / "log", env={}) as child:
        assert child.wait() == 127
    assert last_line(child.log_path) == "No such file or directory: /no/such/program"


def test_kills_a_server_that_ignores_sigterm(tmp_path: Path) -> None:
    with start(tmp_path, STUBBORN, grace=0.1) as child:
        child.wait_until(lambda: is_up(child), 10)
        pid = child.pid
    assert not alive(pid)


def test_stops_the_servers_children(tmp_path: Path) -> None:
    with start(tmp_path, WITH_CHILD) as child:
        assert wait_for(lambda: child.log_path.read_text().count("up") == 2)
        grandchild = int(child.log_path.read_text().split()[0])
        assert alive(grandchild)
    assert all_gone([grandchild])


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_cleans_up_after_a_killed_supervisor(tmp_path: Path, how: signal.Signals) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    file = tmp_path / "file"
    file.touch()
    with start(tmp_path, FOREVER, remove=[folder, file]) as child:
        pid = child.pid
        os.kill(child.supervisor_pid, how)
        assert wait_for(lambda: not child.is_running())
    assert all_gone([pid])
    assert not folder.exists()
    assert not file.exists()


def test_cleans_up_after_a_hanging_supervisor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervised, "TIMEOUT", 0.1)
    file = tmp_path / "file"
    file.touch()
    with start(tmp_path, FOREVER, grace=0, remove=[file]) as child:
        child.wait_until(lambda: is_up(child), 10)
        pids = [child.pid, child.supervisor_pid]
        os.kill(child.supervisor_pid, signal.SIGSTOP)
    assert all_gone(pids)
    assert not file.exists()


@pytest.mark.parametrize("ends", ["stopped", "by itself"])
def test_removes_files_after_the_server_has_stopped(tmp_path: Path, ends: str) -> None:
    folder = tmp_path / "data"
    (folder / "deep").mkdir(parents=True)
    file = tmp_path / "file"
    file.touch()
    child = start(
        tmp_path, FOREVER if ends == "stopped" else "", remove=[folder, file, tmp_path / "never"]
    )
    if ends == "by itself":
        assert child.wait() == 0
        assert folder.exists()
    child.stop()
    assert not folder.exists()
    assert not file.exists()


def test_stopping_before_the_last_command_runs(tmp_path: Path) -> None:
    with start(tmp_path, FOREVER, "print('second')") as child:
        child.wait_until(lambda: is_up(child), 10)
    assert child.log_path.read_text() == "up\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("one\ntwo\n\n", "two", id="blank lines at the end"),
        pytest.param("", "(empty)", id="empty"),
        pytest.param(None, "(no log)", id="missing"),
    ],
)
def test_last_line(tmp_path: Path, text: str | None, line: str) -> None:
    if text is not None:
        (tmp_path / "log").write_text(text)
    assert last_line(tmp_path / "log") == line
