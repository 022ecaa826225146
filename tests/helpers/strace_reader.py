"""Run a command under strace, and read which programs, files and servers its processes used.

https://man7.org/linux/man-pages/man1/strace.1.html
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = (
    "execve,connect,openat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,symlink,"
    "symlinkat,link,linkat"
)
WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")
STRING = r'"((?:[^"\\]|\\.)*)"'
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?")
# A folder's descriptor with its path, which -y prints, and a name in it; or a name alone.
PLACE = re.compile(rf"(?:\w+<([^>]*)>, )?{STRING}")
SERVER = re.compile(r'htons\((\d+)\).*?"([^"]*)"')
SOCKET_FILE = re.compile(rf"sun_path=@?{STRING}")


class Use(NamedTuple):
    """One use of a program, file or server."""

    kind: str  # "program", "write" or "connect"
    what: str  # a path, also of a socket, or HOST:PORT


def is_usable() -> bool:
    """Tell whether strace is installed, and may trace."""
    try:
        done = subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def command(log: Path) -> list[str]:
    """Return the arguments that run a command under strace.

    Args:
        log: The log of each process is written next to this path, so that calls do not mix.
    """
    return ["strace", "-ff", "-qq", "-y", "-s", "4096", "--seccomp-bpf", "-e", f"trace={CALLS}",
            "-o", str(log)]  # fmt: skip


def read(log: Path, folder: Path) -> list[Use]:
    """Return what the processes did successfully, without repetitions.

    Args:
        log: The path given to strace.
        folder: The working directory, for relative paths.
    """
    uses: dict[Use, None] = {}
    for path in sorted(log.parent.glob(f"{log.name}.*")):
        for line in path.read_text(errors="surrogateescape").splitlines():
            for use in _uses(line, folder):
                uses[use] = None
    return list(uses)


def _uses(line: str, folder: Path) -> Iterator[Use]:
    call = CALL.match(line)
    if call is None:
        return
    name, arguments, result, opened = call.groups()
    if name == "connect":  # also one that fails
        yield Use("connect", _server(arguments))
    elif int(result) < 0:
        return
    elif name == "execve":
        yield Use("program", _paths(arguments, folder)[0])
    elif name == "openat":
        if WRITES.search(arguments.rpartition('"')[2]):
            yield Use("write", opened)
    elif name in {"symlink", "symlinkat"}:
        yield Use("write", _paths(arguments, folder)[-1])
    else:
        for path in _paths(arguments, folder):
            yield Use("write", path)


def _paths(arguments: str, folder: Path) -> list[str]:
    return [os.path.normpath(Path(base or folder, name)) for base, name in PLACE.findall(arguments)]


def _server(arguments: str) -> str:
    server = SERVER.search(arguments)
    if server:
        return f"{server[2]}:{server[1]}"
    socket_file = SOCKET_FILE.search(arguments)
    return socket_file[1] if socket_file else arguments
