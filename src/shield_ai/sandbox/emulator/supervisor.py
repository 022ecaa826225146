"""Runs commands one after the other, and ends them as soon as whoever started this process is gone.

The parent holds the write end of our stdin. It closes it to stop the command; should the parent die by any means,
SIGKILL included, the kernel closes it. No polling, no signal that only one platform knows. A script of its own, so that
it starts fast.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType


class Stopped(BaseException):
    """The parent closed our stdin, or somebody sent SIGTERM."""


class Supervisor:
    """One job, a JSON text that `Child` writes: see there what it holds."""

    def __init__(self, text: str) -> None:
        self.job: dict[str, Any] = json.loads(text)
        self.process: subprocess.Popen[bytes] | None = None
        self.stopping = False
        self.parent = threading.Thread(target=watch_parent, daemon=True)
        self.idle = False

    def stop(self, _signum: int = 0, _frame: FrameType | None = None) -> None:
        """Leave whatever is going on, but never between a start and the moment when we know whom to end."""
        if not self.stopping:
            self.stopping = True
            if self.process or self.idle:
                raise Stopped

    def main(self) -> int:
        """Run the commands up to the first that fails, and tidy up once the parent has seen that and read the log."""
        code = 0
        signal.signal(signal.SIGTERM, self.stop)
        self.parent.start()
        try:
            for argv in self.job["run"]:
                code = code or self.run(argv, report=argv is self.job["run"][-1])
            self.await_parent(code)
        except Stopped:
            pass
        finally:
            for path in map(Path, self.job["remove"]):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(
                    missing_ok=True
                )
        return code

    def await_parent(self, code: int) -> None:
        """Say that the commands have ended by themselves, and wait for the parent to take note."""
        say(f"exit {code}")
        os.close(1)  # sys.stdout.close() would leave the descriptor open
        self.idle = True
        if not self.stopping:
            self.parent.join()

    def run(self, argv: list[str], *, report: bool) -> int:
        """Run one command to its end, or to ours; say its process id where asked to."""
        try:
            fds, account = self.job["fds"], self.job["account"]
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                pass_fds=fds,
                process_group=0,
                **account,
            )
            if self.stopping:
                raise Stopped
            if report:
                say(f"pid {self.process.pid}")
                for fd in fds:
                    os.close(fd)  # else clients of a dead server would wait for an answer from us
            return self.process.wait()
        except OSError as error:
            sys.stderr.write(f"{error.strerror}: {error.filename}\n")
            return 127
        finally:
            self.end()

    def end(self) -> None:
        """Ask the command's group to end, wait, then kill what is left of it."""
        process, self.process = self.process, None
        if process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.Signals[self.job["stop"]])
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self.job["grace"])
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def say(line: str) -> None:
    """Tell the parent something."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def watch_parent() -> None:
    """Turn the end of our stdin into the signal that stops us."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(Supervisor(sys.argv[1]).main())
