"""Run commands one after the other, and stop them when the parent process exits.

The parent holds the write end of this process's stdin, and closes this end to stop the command. If
the parent dies, even by SIGKILL, the kernel closes it. This needs no polling and no
platform-specific signal. The script imports only the standard library, so that it starts fast.
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

COMMAND_NOT_FOUND = 127  # as in a shell


class Stopped(BaseException):
    """The parent closed stdin, or the process received SIGTERM."""


class Supervisor:
    """Runs one job.

    Args:
        text: The job as JSON, see `SupervisedProcess`.
    """

    def __init__(self, text: str) -> None:
        self.job: dict[str, Any] = json.loads(text)
        self.process: subprocess.Popen[bytes] | None = None
        self.is_stopping = False
        self.parent = threading.Thread(target=watch_parent, daemon=True)
        self.is_idle = False

    def stop(self, _signum: int = 0, _frame: FrameType | None = None) -> None:
        """Raise `Stopped`, but not while a process is being started and its ID is unknown."""
        if not self.is_stopping:
            self.is_stopping = True
            if self.process or self.is_idle:
                raise Stopped

    def main(self) -> int:
        """Run the commands until one fails, wait for the parent, and remove files."""
        code = 0
        commands = self.job["run"]
        signal.signal(signal.SIGTERM, self.stop)
        self.parent.start()
        try:
            for argv in commands:
                code = self.run(argv, is_server=argv is commands[-1])
                if code:
                    break
            self.await_parent(code)
        except Stopped:
            pass
        finally:
            self.remove_files()
        return code

    def remove_files(self) -> None:
        """Remove the files and folders of the job."""
        for path in map(Path, self.job["remove"]):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def await_parent(self, code: int) -> None:
        """Report that the commands have exited, and wait until the parent has read the log."""
        send(f"exit {code}")
        os.close(1)  # sys.stdout.close() would leave the descriptor open
        self.is_idle = True
        if not self.is_stopping:
            self.parent.join()

    def run(self, argv: list[str], *, is_server: bool) -> int:
        """Run one command and return its exit code; report the server's process ID."""
        fds = self.job["fds"]
        try:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                pass_fds=fds,
                process_group=0,
                **self.job["account"],
            )
            if self.is_stopping:
                raise Stopped
            if is_server:
                send(f"pid {self.process.pid}")
                # Otherwise clients would wait for an answer on the socket of a dead server.
                for fd in fds:
                    os.close(fd)
            return self.process.wait()
        except OSError as error:
            sys.stderr.write(f"{error.strerror}: {error.filename}\n")
            return COMMAND_NOT_FOUND
        finally:
            self.end_process()

    def end_process(self) -> None:
        """Ask the command's process group to exit, wait, then kill the remaining processes."""
        process = self.process
        self.process = None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.Signals[self.job["stop"]])
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(self.job["grace"])
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def send(message: str) -> None:
    """Send a message to the parent."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{message}\n")
        sys.stdout.flush()


def watch_parent() -> None:
    """Send SIGTERM to this process when stdin is closed."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(Supervisor(sys.argv[1]).main())
