"""A process that never outlives us: the embedded servers and the sample app run as such."""

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
    from types import TracebackType

T = TypeVar("T")
KEEPER = Path(__file__).with_name("supervisor.py")
# seconds, beside the grace of the server, until the keeper itself is taken for hung
PATIENCE = 10.0
PAUSE = 0.02


class Child:
    """One or more commands run in turn under a keeper; the last one is the server.

    Args:
        name: What to call it in an error.
        run: The commands, as argument lists. They show in `ps`: no secret may stand in them.
        log: Where their output goes.
        env: Their whole environment.
        cwd: Their folder.
        user: User and group id to run them as, where we are root.
        fds: File descriptors that they inherit.
        stop: The signal that asks the server to end.
        grace: Seconds that it has for that; then it is killed.
        remove: Files and folders to remove when the server has ended, however it ended.
    """

    def __init__(  # noqa: PLR0913  # what a process needs, by keyword
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
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", str(KEEPER), json.dumps(job)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,  # what was said must not hide from select in a buffer
                stderr=output,
                env=dict(env),
                cwd=cwd,
                pass_fds=fds,
                start_new_session=True,  # Ctrl-C is for us; we then stop our children in order
            )
        self._remove = remove
        self._grace = grace
        self._heard: dict[str, int] = {}  # "pid" of the server, "exit" code of the last command
        self._silent = False  # the keeper closed its end: no command runs any more

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def supervisor_pid(self) -> int:
        """The process that watches over the server."""
        return self._keeper.pid

    @property
    def pid(self) -> int:
        """The server itself; waits until it has been started."""
        while "pid" not in self._heard:
            if not self._hear(PATIENCE):
                raise self.failed("did not start")
        return self._heard["pid"]

    def running(self) -> bool:
        """Whether the server, or a command before it, still runs."""
        while self._hear(0):
            pass
        return not self._silent

    def wait(self) -> int:
        """Wait until the server ends by itself, and return its exit code; -1 when nobody saw it."""
        while not self._silent:
            self._hear(None)
        return self._heard.get("exit", -1)

    def _hear(self, seconds: float | None) -> bool:
        """Wait for the next thing that the keeper says; tell whether it said something."""
        pipe = self._keeper.stdout
        if self._silent or not pipe or not select.select([pipe], [], [], seconds)[0]:
            return False
        word, _, number = pipe.readline().decode().partition(" ")
        if not word:
            self._silent = True
            return False
        self._heard[word] = int(number)
        return True

    def failed(self, what: str) -> ShieldError:
        """Make the error for a server that doesn't do what it should, with the last line of its log."""
        return ShieldError(f"{self.name} {what}", hint=f"its log ends: {last_line(self.log_path)}")

    def wait_until(self, ready: Callable[[], T | None], seconds: float) -> T:
        """Ask again and again until `ready` gives something; fail when the server ends or the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            alive = self.running()
            answer = ready() if alive else None
            if answer is not None:
                return answer
            if not alive:
                raise self.failed("ended while it started")
            if time.monotonic() > deadline:
                raise self.failed(f"was not ready after {seconds:g} s")
            time.sleep(PAUSE)

    def stop(self) -> None:
        """End the server and its keeper; does nothing the second time."""
        keeper = self._keeper
        if keeper.stdin and keeper.stdout and not keeper.stdin.closed:
            keeper.stdin.close()
            try:
                keeper.wait(PATIENCE + self._grace)
            except subprocess.TimeoutExpired:
                keeper.kill()
                keeper.wait()
            if keeper.returncode < 0:  # the keeper was killed before it could end the server
                with contextlib.suppress(OSError, ShieldError):
                    os.killpg(self.pid, signal.SIGKILL)
                for path in self._remove:
                    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(
                        missing_ok=True
                    )
            self._silent = True
            keeper.stdout.close()


def last_line(log: Path) -> str:
    """Return the last line of a log that says something."""
    try:
        lines = log.read_text(errors="replace").split("\n")
    except OSError:
        return "(no log)"
    return next((line.strip() for line in reversed(lines) if line.strip()), "(empty)")


class Running:
    """A server that one child process is: what its users need of the process."""

    def __init__(self, child: Child) -> None:
        self.log_path = child.log_path
        self._child = child

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The server's own process."""
        return self._child.pid

    @property
    def supervisor_pid(self) -> int:
        """The process that ends the server when this one is gone."""
        return self._child.supervisor_pid

    def stop(self) -> None:
        """End the server, and remove what it kept."""
        self._child.stop()
