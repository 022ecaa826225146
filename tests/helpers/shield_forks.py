"""Run `shield` in forks of a process that has imported its modules.

A new process needs half a second of CPU for its imports. A fork has its own memory, folder,
environment and streams, as a new process has.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Python reads the others of PYTHON* when it starts, so a fork would ignore them.
HARMLESS = frozenset({"PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"})
LIBRARIES = ("boto3", "botocore.client", "botocore.session", "psycopg", "pymysql")
LARGEST = 1 << 17  # bytes of a request


class ShieldForks:
    """A process that forks for each command."""

    def __init__(self) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.variables = _start_variables(os.environ)
        with theirs:
            descriptor = theirs.fileno()
            self.process = subprocess.Popen(
                [sys.executable, __file__, str(descriptor)],
                pass_fds=[descriptor],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        atexit.register(self.close)

    def close(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.wait()

    def serves(self, environment: Mapping[str, str]) -> bool:
        """Return whether a fork behaves as a new process with these variables would."""
        return _start_variables(environment) == self.variables

    def run(
        self,
        request: tuple[list[str], str, dict[str, str]],
        streams: list[int],
        timeout: float | None,
    ) -> int:
        """Run a command with three open files as its streams, and return its exit code."""
        self.channel.settimeout(timeout)
        socket.send_fds(self.channel, [json.dumps(request).encode()], streams)
        answer = self.channel.recv(LARGEST)
        if not answer:
            raise ChildProcessError("the server of forks ended")
        return os.waitstatus_to_exitcode(int(answer))


@cache
def _server() -> ShieldForks:
    return ShieldForks()


def run_shield(
    arguments: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    stdin: bytes = b"",
    timeout: float | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run one command in a fork, or in a new process if a fork would behave differently."""
    command = [sys.executable, "-m", "shield_ai", *map(os.fspath, arguments)]
    server = _server()
    if "coverage" in sys.modules or not server.serves(environment):
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=timeout,
        )
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        files[0].write(stdin)
        files[0].seek(0)
        request = (command[3:], os.fspath(cwd), dict(environment))
        code = server.run(request, [file.fileno() for file in files], timeout)
        for file in files:
            file.seek(0)
        return subprocess.CompletedProcess(command, code, files[1].read(), files[2].read())


def _start_variables(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.startswith("PYTHON") and name not in HARMLESS
    }


def _import_all() -> None:
    import shield_ai

    for module in pkgutil.walk_packages(shield_ai.__path__, "shield_ai."):
        if not module.name.endswith(".__main__") and "bundled_runtime" not in module.name:
            importlib.import_module(module.name)
    for name in LIBRARIES:
        importlib.import_module(name)


def _serve(channel: socket.socket) -> None:
    while True:
        request, descriptors, _, _ = socket.recv_fds(channel, LARGEST, 3)
        if not request:
            return
        child = os.fork()
        if not child:
            channel.close()
            _run(*json.loads(request), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(str(os.waitpid(child, 0)[1]).encode())


def _run(
    arguments: list[str], cwd: str, environment: dict[str, str], descriptors: list[int]
) -> None:
    """Become the process of a command, and end."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["shield", *arguments]
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    code = 1
    try:
        from shield_ai.__main__ import main

        code = main()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()  # os._exit() prints nothing
        sys.stderr.flush()
        raise
    finally:
        os._exit(code)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        _import_all()
        gc.collect()
        gc.freeze()
        _serve(channel)
