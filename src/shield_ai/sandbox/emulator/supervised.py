"""Run servers as child processes that are stopped when this process exits."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from shield_ai.model.errors import ShieldError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")
SUPERVISOR = Path(__file__).with_name("supervisor.py")
# Seconds for the start of the server, and for the supervisor after the server's grace period.
TIMEOUT = 10.0
POLL_INTERVAL = 0.02  # seconds


class SupervisedProcess:
    """Commands that run one after the other under a supervisor. The last one is the server.

    Args:
        name: The server's name in errors.
        run: The argument lists of the commands. They must not contain secrets, because other
            processes can see them.
        log: The file to which the output of the commands is appended.
        env: All env vars of the commands.
        cwd: The working directory.
        user: User and group ID to run as, if this process runs as root.
        fds: File descriptors to inherit.
        stop: The signal that asks the server to exit.
        grace: Seconds between this signal and SIGKILL.
        remove: Files and folders to remove after the server has exited for any reason.
    """

    def __init__(  # noqa: PLR0913
        self,
        name: str,
        run: Sequence[Sequence[str]],
        *,
        log: Path,
        env: Mapping[str, str],
        cwd: Path | None = None,
        user: tuple[int, int] | None = None,
        fds: Sequence[int] = (),
        stop: signal.Signals = signal.SIGTERM,
        grace: float = 5.0,
        remove: Sequence[Path] = (),
    ) -> None:
        self.name = name
        self.log_path = log
        job = {
            "run": run,
            "fds": list(fds),
            "account": {"user": user[0], "group": user[1], "extra_groups": []} if user else {},
            "stop": stop.name,
            "grace": grace,
            "remove": [str(path) for path in remove],
        }
        with log.open("ab") as output:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-I", str(SUPERVISOR), json.dumps(job)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,  # select() does not see buffered messages
                stderr=output,
                env=dict(env),
                cwd=cwd,
                pass_fds=fds,
                start_new_session=True,  # this process handles Ctrl-C and stops its children
            )
        self._remove = remove
        self._grace = grace
        self._messages: dict[str, int] = {}  # "pid" of the server, "exit" code of the last command
        self._has_ended = False  # the supervisor closed its end: no command is running

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def supervisor_pid(self) -> int:
        """The process ID of the supervisor."""
        return self._supervisor.pid

    @property
    def pid(self) -> int:
        """The process ID of the server; waits until it is started."""
        while "pid" not in self._messages:
            if not self._read_message(TIMEOUT):
                raise self.failed("did not start")
        return self._messages["pid"]

    def is_running(self) -> bool:
        """Check whether the server, or a command before it, is running."""
        while self._read_message(0):
            pass
        return not self._has_ended

    def wait(self) -> int:
        """Wait until the server exits, and return its exit code, or -1 if it is unknown."""
        while not self._has_ended:
            self._read_message(None)
        return self._messages.get("exit", -1)

    def _read_message(self, seconds: float | None) -> bool:
        """Wait for a message of the supervisor, and return whether there was one."""
        pipe = self._supervisor.stdout
        if self._has_ended or not pipe:
            return False
        ready, _, _ = select.select([pipe], [], [], seconds)
        if not ready:
            return False
        key, _, number = pipe.readline().decode().partition(" ")
        if not key:
            self._has_ended = True
            return False
        self._messages[key] = int(number)
        return True

    def failed(self, what: str) -> ShieldError:
        """Return an error about the server, with the last line of its log as the hint."""
        return ShieldError(f"{self.name} {what}", f"last log line: {last_line(self.log_path)}")

    def wait_until(self, ready: Callable[[], T | None], seconds: float) -> T:
        """Call `ready` until it returns something other than None.

        Args:
            ready: The check; None means not yet.
            seconds: The timeout.

        Raises:
            ShieldError: The server exited, or the timeout expired.
        """
        deadline = time.monotonic() + seconds
        while True:
            if not self.is_running():
                raise self.failed("exited during startup")
            result = ready()
            if result is not None:
                return result
            if time.monotonic() > deadline:
                raise self.failed(f"was not ready after {seconds:g} s")
            time.sleep(POLL_INTERVAL)

    def stop(self) -> None:
        """Stop the server and its supervisor; do nothing if they are stopped."""
        supervisor = self._supervisor
        if not supervisor.stdin or not supervisor.stdout or supervisor.stdin.closed:
            return
        supervisor.stdin.close()
        try:
            supervisor.wait(TIMEOUT + self._grace)
        except subprocess.TimeoutExpired:
            supervisor.kill()
            supervisor.wait()
        if supervisor.returncode < 0:  # killed before it could stop the server
            self._clean_up()
        self._has_ended = True
        supervisor.stdout.close()

    def _clean_up(self) -> None:
        """Kill the server and remove its files, in place of the supervisor."""
        with contextlib.suppress(OSError, ShieldError):
            os.killpg(self.pid, signal.SIGKILL)
        for path in self._remove:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def last_line(log: Path) -> str:
    """Return the last line of a log that is not blank."""
    try:
        lines = log.read_text(errors="replace").split("\n")
    except OSError:
        return "(no log)"
    for line in reversed(lines):
        if line.strip():
            return line.strip()
    return "(empty)"


class ServerProcess:
    """Base class of the servers that run as a child process."""

    def __init__(self, child: SupervisedProcess) -> None:
        self.log_path = child.log_path
        self._child = child

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process ID of the server."""
        return self._child.pid

    @property
    def supervisor_pid(self) -> int:
        """The process ID of the supervisor, which stops the server when this process exits."""
        return self._child.supervisor_pid

    def stop(self) -> None:
        """Stop the server and remove its temporary files."""
        self._child.stop()
