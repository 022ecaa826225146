"""Run shield or a script in this process, and record what it does with the system.

    python audit_recorder.py LOG shield|fork|forkserver|SCRIPT [ARGUMENT]...

Appends one JSON object to LOG for each process that is started, file that is written, socket that
is used and file whose code is run. "fork" and "forkserver" are shield that scans even a few files
in a pool of processes, started by the default method of Python 3.11 and 3.14.

https://docs.python.org/3/library/audit_events.html
"""

from __future__ import annotations

import _socket
import functools
import json
import os
import runpy
import sys
import threading
from pathlib import Path
from types import CodeType
from typing import Any

POOLS = ("fork", "forkserver")
WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
PROCESS_EVENTS = frozenset({
    "subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn",
    "os.startfile", "os.system", "pty.spawn",
})  # fmt: skip
SOCKET_EVENTS = frozenset({
    "socket.__new__", "socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyaddr",
    "socket.gethostbyname", "socket.getnameinfo", "socket.sendmsg", "socket.sendto",
})  # fmt: skip
# Event -> the indexes of its paths, each with the index of its folder's descriptor.
PATH_EVENTS = {
    "os.chmod": [(0, 2)],
    "os.chown": [(0, 3)],
    "os.link": [(1, 3)],
    "os.mkdir": [(0, 2)],
    "os.remove": [(0, 1)],
    "os.removexattr": [(0, None)],
    "os.rename": [(0, 2), (1, 3)],
    "os.rmdir": [(0, 1)],
    "os.setxattr": [(0, None)],
    "os.symlink": [(1, 2)],
    "os.truncate": [(0, None)],
    "os.utime": [(0, 3)],
    "shutil.chown": [(0, None)],
    "shutil.copyfile": [(1, None)],
    "shutil.copymode": [(1, None)],
    "shutil.copystat": [(1, None)],
    "shutil.copytree": [(1, None)],
    "shutil.make_archive": [(0, None)],
    "shutil.move": [(0, None), (1, None)],
    "shutil.rmtree": [(0, None)],
    "shutil.unpack_archive": [(1, None)],
    "sqlite3.connect": [(0, None)],
    "tempfile.mkdtemp": [(0, None)],
    "tempfile.mkstemp": [(0, None)],
}
# The event "open" has no descriptor of a folder, so the wrapper of os.open stores it here.
_OPEN_FOLDER = threading.local()


class Recorder:
    """An audit hook that writes to a log."""

    def __init__(self, log: str) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._executed: set[str] = set()

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            self._record_open(*arguments)
        elif event in PATH_EVENTS:
            self._record_paths(event, arguments)
        elif event in PROCESS_EVENTS:
            self._write(event, command=_command(event, arguments))
        elif event in SOCKET_EVENTS:
            address = [_plain(part) for part in arguments if not isinstance(part, _socket.socket)]
            self._write(event, address=address)
        elif event == "exec":
            self._record_code(arguments[0])
        elif event in {"import", "ctypes.dlopen"}:
            self._record_library(event, arguments)

    def _record_paths(self, event: str, arguments: tuple[Any, ...]) -> None:
        for at, folder_at in PATH_EVENTS[event]:
            folder = arguments[folder_at] if folder_at is not None else None
            # An operation on a link itself, such as its removal, does not follow it.
            path = absolute(arguments[at], folder, follow=False)
            has_no_effect = event == "os.mkdir" and os.path.lexists(path)
            if not has_no_effect:
                self._write(event, path=path)

    def _record_open(self, path: Any, mode: str | None, flags: int) -> None:
        if isinstance(path, int) or not (flags or 0) & WRITE_FLAGS:
            return  # a descriptor was recorded when it was opened
        follow = not flags & (os.O_NOFOLLOW | os.O_EXCL)
        folder = getattr(_OPEN_FOLDER, "descriptor", None)
        self._write("open", path=absolute(path, folder, follow=follow))

    def _record_code(self, code: Any) -> None:
        name = code.co_filename if isinstance(code, CodeType) else ""
        if not name.startswith("<") and name not in self._executed:
            self._executed.add(name)
            self._write("exec", path=absolute(name, None, follow=True))

    def _record_library(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Record an extension module or a shared library."""
        name = arguments[1] if event == "import" else arguments[0]
        if isinstance(name, str) and os.sep in name:
            self._write("exec", path=absolute(name, None, follow=True))

    def _write(self, event: str, **details: Any) -> None:
        entry = {"event": event, "caller": _caller(), **details}
        os.write(self._log, (json.dumps(entry) + "\n").encode())


def absolute(path: Any, folder: Any, *, follow: bool) -> str:
    """Return the real path of a file, by name or descriptor, without links in its folders."""
    if isinstance(path, int):
        return str(_descriptor_path(path))
    is_in_folder = isinstance(folder, int) and folder >= 0
    base = _descriptor_path(folder) if is_in_folder else Path.cwd()
    full = base / os.fsdecode(path)
    if follow or full.name == "..":
        return str(full.resolve())
    return str(full.parent.resolve() / full.name)


def _descriptor_path(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}").readlink()


def _command(event: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
    """Return the command line, working directory and environment of a started process."""
    if event != "subprocess.Popen":
        return {"args": [_plain(argument) for argument in arguments[:2]]}
    program, args, cwd, env = arguments
    return {
        "program": _plain(program),
        "args": _plain(args),
        "cwd": _plain(cwd),
        "env": None if env is None else {_plain(k): _plain(v) for k, v in env.items()},
    }


def _plain(value: Any) -> Any:
    """Return a value that JSON can represent."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes | os.PathLike):
        return os.fsdecode(value)
    return value if isinstance(value, str | int | float | None) else repr(value)


def _caller() -> str:
    """Return the innermost function of shield on the stack, as FILE:FUNCTION."""
    frame = sys._getframe(1)
    while frame is not None:
        folder, _, file = frame.f_code.co_filename.rpartition("/shield_ai/")
        if folder:
            return f"{file}:{frame.f_code.co_name}"
        frame = frame.f_back
    return ""


def _wrap_os_open() -> None:
    original = os.open

    @functools.wraps(original)
    def open_in_folder(path: Any, flags: int, mode: int = 0o777, *, dir_fd: Any = None) -> int:
        _OPEN_FOLDER.descriptor = dir_fd
        try:
            return original(path, flags, mode, dir_fd=dir_fd)
        finally:
            _OPEN_FOLDER.descriptor = None

    os.open = open_in_folder
    os.supports_dir_fd.add(open_in_folder)


def _use_pool(method: str) -> None:
    import multiprocessing

    from shield_ai.scan.text import engine

    engine.MIN_FILES_FOR_POOL = 2
    multiprocessing.set_start_method(method)


def run(program: str, arguments: list[str]) -> int:
    """Run shield, or a script, and return its exit code."""
    sys.argv = [program, *arguments]
    if program not in {"shield", *POOLS}:
        runpy.run_path(program, run_name="__main__")
        return 0
    from shield_ai.__main__ import main

    if program in POOLS:
        _use_pool(program)
    return main(arguments)


if __name__ == "__main__":
    _wrap_os_open()
    sys.path.remove(str(Path(__file__).parent))
    sys.addaudithook(Recorder(sys.argv[1]))
    sys.exit(run(sys.argv[2], sys.argv[3:]))
