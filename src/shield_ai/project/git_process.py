"""Run git, but not the programs that a repository configures. Only this module starts git.

A repository can name programs in its configuration (core.fsmonitor, core.sshCommand, filters,
hooks, textconv), and can make git contact a server for missing objects. Options on the command line
take precedence over the configuration of the repository.
https://git-scm.com/docs/git-config, https://git-scm.com/docs/git#_environment_variables
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, cast

from shield_ai.model.errors import SourceError
from shield_ai.model.output_options import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import IO

TIMEOUT = 60  # seconds
LOG_TIMEOUT = 600  # seconds; git log reads the whole history before it prints the oldest commit
MAX_MEMORY = 4 << 30  # bytes, not including mapped files
MAX_OUTPUT = 256 * 1024 * 1024  # bytes
CHUNK = 1 << 16
WATCH_INTERVAL = 0.5  # seconds
CONFIG = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.sshCommand": "false",
    "core.gitProxy": "false",
    "core.askPass": "false",
    "core.alternateRefsCommand": "false",
    "core.attributesFile": os.devnull,
    "core.pager": "cat",
    "core.quotePath": "off",
    "credential.helper": "",
    "diff.external": "",
    "diff.ignoreSubmodules": "all",
    "diff.orderFile": os.devnull,
    "gpg.program": "false",
    "i18n.logOutputEncoding": "UTF-8",
    "log.mailmap": "false",
    "log.showSignature": "false",
    "protocol.allow": "never",
    # Git must not use the configuration of a bare repository that is committed to the work tree.
    "safe.bareRepository": "explicit",
    "submodule.recurse": "false",
    "uploadpack.packObjectsHook": "",
}
# The repository and the index; git sets some of these for hooks.
REPOSITORY_VARIABLES = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE")
# The user's configuration, where git looks for a repository, and the folder for temporary files.
INHERITED_VARIABLES = (
    *REPOSITORY_VARIABLES,
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG_GLOBAL",
    "HOME",
    "TMPDIR",
    "XDG_CONFIG_HOME",
)
FIXED_VARIABLES = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_timed_out_folders: set[Path] = set()


def read(root: Path, *arguments: str, max_output: int = MAX_OUTPUT) -> bytes | None:
    """Run a git command and return its output.

    Args:
        root: A folder, inside or outside a repository.
        arguments: The command and its arguments.
        max_output: Bytes; a command that prints more is stopped.

    Returns:
        None if the command fails, prints too much or takes more than `TIMEOUT` seconds.
    """
    code, output = run(root, *arguments, max_output=max_output)
    return output if code == 0 else None


def run(
    root: Path, *arguments: str, max_output: int = MAX_OUTPUT, is_search: bool = False
) -> tuple[int | None, bytes]:
    """Run a git command and return its exit code and output.

    Args:
        root: A folder, inside or outside a repository.
        arguments: The command and its arguments.
        max_output: Bytes; a command that prints more is stopped.
        is_search: The command reads all files. After its timeout, other commands are still started.

    Returns:
        The exit code and the output. The exit code is None if git is not installed or was stopped.
        After a timeout, unless `is_search` is true, git is not started in the folder again,
        because it would probably hang again, for example on a named pipe in the work tree.
    """
    folder = root.resolve()
    if folder in _timed_out_folders:
        return None, b""
    try:
        process = start(root, *arguments)
    except OSError:
        return None, b""

    def stop() -> None:
        if not is_search:
            _timed_out_folders.add(folder)
        process.kill()

    timer = threading.Timer(TIMEOUT, stop)
    timer.daemon = True  # Ctrl-C can interrupt its start: Python must not wait for it at the end
    output = bytearray()
    try:
        with process:
            timer.start()
            stdout = cast("IO[bytes]", process.stdout)
            while chunk := stdout.read(CHUNK):
                output += chunk
                if len(output) > max_output:
                    process.kill()
                    return None, b""
        code = process.returncode
        return (code if code >= 0 else None), bytes(output)
    finally:
        timer.cancel()


def start(root: Path, *arguments: str, pipe_stdin: bool = False) -> subprocess.Popen[bytes]:
    """Start a git command with its output connected to a pipe.

    Args:
        root: A folder in the repository.
        arguments: The command and its arguments.
        pipe_stdin: Connect standard input to a pipe; by default, it is empty.

    Raises:
        FileNotFoundError: git is not installed.
    """
    OUTPUT.log(f"run git {' '.join(arguments)}")
    process = subprocess.Popen(
        command_line(root, *arguments),
        env=env_vars(),
        stdin=subprocess.PIPE if pipe_stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    _limit_memory(process.pid)
    return process


def _limit_memory(pid: int) -> None:
    """Limit the memory of a process, on Linux."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(OSError, ValueError):  # it has ended, or has a lower limit
            resource.prlimit(pid, resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))


class Stream:
    """Reads the output of a git command, which is stopped if a read takes too long.

    Args:
        process: The result of `start`.
        name: The git command, for error messages.
        timeout: Seconds that each read may take.
    """

    def __init__(self, process: subprocess.Popen[bytes], name: str, timeout: float) -> None:
        self._process = process
        self._stdout = cast("IO[bytes]", process.stdout)
        self._name = name
        self._timeout = timeout
        self._deadline: float | None = None  # of the current read
        self._has_timed_out = False
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while self._process.returncode is None:
            time.sleep(WATCH_INTERVAL)
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline:
                self._has_timed_out = True
                self._process.kill()
                return

    def readline(self) -> bytes:
        """Read a line; return b"" at the end of the output.

        Raises:
            SourceError: The command was stopped.
        """
        return self._read_in_time(self._stdout.readline)

    def read(self, size: int) -> bytes:
        """Read a number of bytes, or fewer at the end of the output.

        Raises:
            SourceError: The command was stopped.
        """
        return self._read_in_time(lambda: self._stdout.read(size))

    def _read_in_time(self, read: Callable[[], bytes]) -> bytes:
        self._deadline = time.monotonic() + self._timeout
        output = read()
        self._deadline = None
        if self._has_timed_out:
            raise SourceError(
                f"git {self._name} did not return the data within {self._timeout:g} s",
                "run git fsck for details",
            )
        return output


def literal_pathspec(path: str) -> str:
    """Return a path as an argument in which git finds no wildcards, such as in `[id].env`.

    https://git-scm.com/docs/gitglossary#Documentation/gitglossary.txt-pathspec
    """
    return f":(literal){path}"


def unquote(path: bytes) -> bytes:
    r"""Return a path without the quotes and escapes of git, such as `\t`, `\"` and `\303`.

    https://git-scm.com/docs/git-config#Documentation/git-config.txt-corequotePath
    """
    if not path.startswith(b'"'):
        return path
    return path[1:-1].decode("unicode_escape").encode("latin-1")


def command_line(root: Path, *arguments: str) -> list[str]:
    """Return the command line of a git command on a local repository."""
    options = [part for name, value in CONFIG.items() for part in ("-c", f"{name}={value}")]
    return [git_program(), *options, "--no-pager", "-C", str(root.absolute()), *arguments]


def env_vars() -> dict[str, str]:
    """Return the env vars of a git command on a local repository."""
    inherited = {name: os.environ[name] for name in INHERITED_VARIABLES if name in os.environ}
    if "GIT_DIR" in inherited:
        # Git would resolve it below the folder of -C, and take that folder for the work tree.
        inherited["GIT_DIR"] = os.path.realpath(inherited["GIT_DIR"])
        if os.path.lexists(".git"):
            inherited["GIT_WORK_TREE"] = os.path.realpath(inherited.get("GIT_WORK_TREE", "."))
    return {**inherited, "PATH": _search_path(), **FIXED_VARIABLES}


def run_remote(
    arguments: Sequence[str], variables: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Run a git command that contacts a server. The user, not a repository, chose the server.

    Hooks and filters of the repository are not run, and submodules are not fetched. The user's
    configuration applies, for example for credentials, proxies and SSH.

    Args:
        arguments: The command and its arguments.
        variables: Additional env vars.
        timeout: Seconds.

    Raises:
        SourceError: git is not installed, or the command times out.
        subprocess.CalledProcessError: The command fails.
    """
    config = {
        "core.hooksPath": os.devnull,
        "core.fsmonitor": "false",
        "core.attributesFile": os.devnull,
        "protocol.ext.allow": "never",
        "submodule.recurse": "false",
    }
    options = [part for name, value in config.items() for part in ("-c", f"{name}={value}")]
    fixed = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "SSH_ASKPASS_REQUIRE": "never",
    }
    env = {**os.environ, "PATH": _search_path(), **fixed, **variables}
    for name in REPOSITORY_VARIABLES:
        env.pop(name, None)
    full_command = [git_program(), *options, *arguments]
    OUTPUT.log(f"run git {arguments[0]}")  # the other arguments can contain credentials
    try:
        return subprocess.run(
            full_command,
            capture_output=True,
            check=True,
            timeout=timeout,
            env=env,
            cwd="/",
            start_new_session=True,  # without a terminal, ssh can't prompt
        )
    except FileNotFoundError:
        raise SourceError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise SourceError(f"git {arguments[0]} timed out after {timeout:.0f} seconds") from None


@functools.cache
def git_program() -> str:
    """Return the path of git, or "git" if it is not installed.

    Relative entries of PATH are skipped, because they could point into the scanned repository.
    """
    return shutil.which("git", path=_search_path()) or "git"


def _search_path() -> str:
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(entry for entry in entries if entry.startswith(os.sep))
