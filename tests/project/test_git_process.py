"""Git commands end, even if the repository makes git wait or fill the memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hostile_git import git
from hostile_text import shield

from shield_ai.model.errors import SourceError
from shield_ai.project import git_process
from shield_ai.project.git_objects import BlobReader
from shield_ai.scan.git_history import file_versions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def app(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "a.py").write_text("A = 1\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")
    os.mkfifo(folder / ".git/fifo")
    return folder


@pytest.mark.parametrize("name", [".git/fifo", "/dev/zero"])
def test_history_ignores_the_order_file_of_the_repository(app, name):
    git(app, "config", "diff.orderFile", name)
    done = shield(app, "scan", "--history", timeout=30)
    assert (done.returncode, done.stdout) == (0, b"no findings\n")


def replace_object(app, name: str) -> str:
    """Replace an object by a FIFO, so that git waits for it."""
    blob = git(app, "rev-parse", name)
    path = app / ".git/objects" / blob[:2] / blob[2:]
    path.unlink()
    os.mkfifo(path)
    return blob


def test_stops_git_if_it_waits_for_an_object(app, monkeypatch):
    monkeypatch.setattr(git_process, "TIMEOUT", 1)
    monkeypatch.setattr(git_process, "LOG_TIMEOUT", 1)
    objects = BlobReader(app)
    with pytest.raises(SourceError, match="git cat-file did not return the data within 1 s"):
        objects.read(replace_object(app, "HEAD:a.py"), 100)
    objects.close()
    replace_object(app, "HEAD^{tree}")
    with pytest.raises(SourceError, match="git log did not return the data within 1 s"):
        list(file_versions(app))


def test_waits_only_once_for_a_repository(app, monkeypatch):
    monkeypatch.setattr(git_process, "TIMEOUT", 1)
    git(app, "config", "include.path", "fifo")
    started = time.monotonic()
    assert [git_process.run(app, "status")[0] for _ in range(20)] == [None] * 20
    assert time.monotonic() - started < 10


def test_a_search_that_times_out_does_not_stop_others(app, monkeypatch):
    monkeypatch.setattr(git_process, "TIMEOUT", 1)
    config = app / ".git/config"
    before = config.read_text()
    git(app, "config", "include.path", "fifo")
    assert git_process.run(app, "status", is_search=True) == (None, b"")
    config.write_text(before)
    assert git_process.run(app, "status")[0] == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no prlimit()")
def test_limits_the_memory_of_git(app):
    import resource

    with git_process.start(app, "cat-file", "--batch", pipe_stdin=True) as process:
        limits = resource.prlimit(process.pid, resource.RLIMIT_DATA)
        assert limits == (git_process.MAX_MEMORY, git_process.MAX_MEMORY)
        process.stdin.close()


def test_ctrl_c_leaves_no_thread_that_delays_the_end(app, monkeypatch):
    """The interrupt can arrive while the thread of the timeout starts."""
    start = threading.Timer.start

    def start_and_interrupt(timer):
        start(timer)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Timer, "start", start_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        git_process.run(app, "status")
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    assert all(timer.daemon for timer in timers)
    assert all(timer.finished.is_set() for timer in timers)


def test_a_hook_can_scan_a_folder_of_its_repository(app, tmp_path, monkeypatch):
    """git sets GIT_DIR for the hooks of a worktree, and if the user has set it."""
    (app / "web").mkdir()
    (app / "web/b.py").write_text("B = 1\n")
    git(app, "add", "-A")
    monkeypatch.chdir(app)
    monkeypatch.setenv("GIT_DIR", ".git")
    assert git_process.read(app / "web", "rev-parse", "--show-prefix") == b"web/\n"
    monkeypatch.setenv("GIT_DIR", str(app / ".git"))
    assert git_process.read(app / "web", "diff", "--cached", "--name-only") == b"web/b.py\n"
    monkeypatch.chdir(tmp_path)
    assert git_process.read(app, "diff", "--cached", "--name-only") == b"web/b.py\n"


def ssh_command(tmp_path) -> tuple[str, Path]:
    """Return a command that stores its session ID, and the file where it does."""
    stored = tmp_path / "session"
    script = tmp_path / "ssh.py"
    script.write_text(f"import os\nopen({str(stored)!r}, 'w').write(str(os.getsid(0)))\n")
    return f"{sys.executable} {script}", stored


def test_remote_commands_use_the_ssh_command_of_the_user(app, tmp_path, monkeypatch):
    command, stored = ssh_command(tmp_path)
    config = tmp_path / "gitconfig"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    for text, variable in ((f'[core]\n\tsshCommand = "{command}"\n', ""), ("", command)):
        config.write_text(text)
        monkeypatch.setenv("GIT_SSH_COMMAND", variable)
        if not variable:
            monkeypatch.delenv("GIT_SSH_COMMAND")
        with pytest.raises(subprocess.CalledProcessError):
            git_process.run_remote(["ls-remote", "ssh://host/x"], {}, 30)
        assert int(stored.read_text()) != os.getsid(0)  # without a terminal, ssh can't prompt
        stored.unlink()


def test_remote_commands_ignore_the_repository_of_a_hook(app, tmp_path, monkeypatch):
    command, stored = ssh_command(tmp_path)
    git(app, "config", "core.sshCommand", command)
    monkeypatch.setenv("GIT_DIR", str(app / ".git"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("PATH", str(tmp_path / "without-ssh"))
    with pytest.raises(subprocess.CalledProcessError):
        git_process.run_remote(["ls-remote", "ssh://host/x"], {}, 30)
    assert not stored.exists()
