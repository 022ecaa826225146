"""Run shield under an audit hook, and compare what it did with what the command may do."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trapped_app import CHECKED, DATABASE_PORT, VENV_PYTHON, set_traps, sprung_traps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from strace_reader import Use

RECORDER = Path(__file__).with_name("audit_recorder.py")
LOOPBACK = "127.0.0.1"
NAME_CACHE = "/var/run/nscd/socket"  # of the C library
SETTINGS_MARKERS = [CHECKED, "venv-python"]
# The least that every git command needs; the launcher sets more.
GIT_OPTIONS = {
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.sshCommand=false",
    "core.askPass=false",
    "core.pager=cat",
    "credential.helper=",
    "i18n.logOutputEncoding=UTF-8",
    "diff.external=",
    "gpg.program=false",
    "protocol.allow=never",
    "uploadpack.packObjectsHook=",
}
GIT_VARIABLES = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
# Commands that only read, with the options that keep them from running a program.
GIT_COMMANDS = {
    "cat-file": {"--batch"},
    "check-attr": set(),
    "check-ignore": set(),
    "config": {"--get"},
    "diff": {"--no-ext-diff"},
    "grep": {"--no-textconv"},
    "log": {"--raw"},
    "ls-files": set(),
    "ls-tree": set(),
    "rev-parse": set(),
}
OTHER_GIT_VARIABLES = {
    *("HOME", "PATH", "TMPDIR", "LC_ALL", "GIT_PAGER", "GIT_NO_REPLACE_OBJECTS"),
    "GIT_GRAFT_FILE",
}


@dataclass(frozen=True)
class Limits:
    """What a command may do besides starting git and writing to shield's own folders.

    Args:
        writes: Files and folders that it may write, relative to the app; "." for the app.
        settings: Whether the user allowed it to run the app's settings.
        aws: The port of the AWS emulator.
        database: Whether it logs in to the database that a secret names.
        program: The program that shield run is to become.
        children: Functions that may start another Python, or fork.
    """

    writes: tuple[str, ...] = ()
    settings: bool = False
    aws: int = 0
    database: bool = False
    program: str = ""
    children: tuple[str, ...] = ()


class Place:
    """The folders of an app and of the user who runs shield, below one folder.

    Args:
        base: The folder.
        cache: The user's cache folder, which several places can share.
    """

    def __init__(self, base: Path, cache: Path) -> None:
        self.base, self.cache = base, cache
        self.app, self.markers = base / "app", base / "markers"
        self.home, self.state = base / "home", base / "state"
        self.temporary, self.output = base / "tmp", base / "out"
        for folder in (self.home, self.state, self.temporary, self.output):
            folder.mkdir(parents=True, exist_ok=True)

    def environ(self) -> dict[str, str]:
        """Return the environment of shield, with the app's folder first in PATH."""
        return {
            "PATH": "." + os.pathsep + os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if Path(path).is_absolute()),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.cache),
            "TMPDIR": str(self.temporary),
            "SHIELD_STATE_DIR": str(self.state),
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_COLOR": "1",
        }


@dataclass(frozen=True)
class Recording:
    """What a command printed and did."""

    code: int
    text: str
    events: list[dict[str, Any]] = field(repr=False)
    place: Place = field(repr=False)


def record(
    place: Place,
    program: str,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    tracer: Sequence[str] = (),
) -> Recording:
    """Run a command in the app's folder.

    Args:
        place: The app.
        program: "shield" or another program of `audit_recorder`.
        arguments: Its arguments.
        variables: More environment variables.
        tracer: A program, with arguments, that runs the command.
    """
    log = place.base / "events.jsonl"
    log.unlink(missing_ok=True)
    set_traps(place.markers)
    done = subprocess.run(
        [*tracer, sys.executable, str(RECORDER), str(log), program, *arguments],
        cwd=place.app,
        env={**place.environ(), **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    events = [json.loads(line) for line in log.read_text().splitlines()]
    return Recording(done.returncode, done.stdout + done.stderr, events, place)


def violations(recording: Recording, limits: Limits) -> list[str]:
    """Return what a command did and may not do; each text starts with the invariant."""
    found = []
    for event in recording.events:
        if "command" in event and not _may_start(event, recording.place, limits):
            args = event["command"]["args"]
            found.append(f"process: {event['caller']}: {event['event']} {args}")
        elif "address" in event and not _may_use_socket(event, limits):
            found.append(f"network: {event['caller']}: {event['event']} {event['address']}")
        elif event["event"] == "exec":
            if Path(event["path"]).is_relative_to(recording.place.base):
                found.append(f"code: {event['caller']}: runs {event['path']}")
        elif "path" in event and not may_write(Path(event["path"]), recording.place, limits):
            found.append(f"write: {event['caller']}: {event['event']} {event['path']}")
    allowed = SETTINGS_MARKERS if limits.settings else []
    sprung = sprung_traps(recording.place.markers)
    found += [f"code: trap {name} ran" for name in sprung if name not in allowed]
    return list(dict.fromkeys(found))


def _may_start(event: dict[str, Any], place: Place, limits: Limits) -> bool:
    command = event["command"]
    if event["event"] == "os.exec":
        return bool(limits.program) and command["args"][0] == limits.program
    if event["event"] == "os.fork":
        return event["caller"] in limits.children
    if event["event"] != "subprocess.Popen":
        return False
    if event["caller"] == "project/git_process.py:start":
        return is_safe_git(command)
    if event["caller"] == "flow/apply/settings_probe.py:_load_module":
        return limits.settings and command["args"][0] == str(place.app / VENV_PYTHON)
    is_own_python = command["args"][:2] == [sys.executable, "-I"]
    return event["caller"] in limits.children and is_own_python and command["cwd"] == "/"


def is_safe_git(command: dict[str, Any]) -> bool:
    """Tell whether a command is a git that reads, with the options against hostile repositories."""
    args, env = command["args"], command["env"] or {}
    if "--no-pager" not in args:
        return False
    at = args.index("--no-pager")
    options = {value for flag, value in itertools.pairwise(args[:at]) if flag == "-c"}
    flag, folder, *words = args[at + 1 :]
    words = [word for word in words if word not in {"-c", "log.showRoot=true"}]
    return (
        args[0] == command["program"] == shutil.which("git")
        and command["cwd"] == "/"
        and options >= GIT_OPTIONS
        and flag == "-C"
        and Path(folder).is_absolute()
        and set(words[1:]) >= GIT_COMMANDS.get(words[0], {"no such command"})
        and env.items() >= GIT_VARIABLES.items()
        and env.keys() <= GIT_VARIABLES.keys() | OTHER_GIT_VARIABLES
    )


def _may_use_socket(event: dict[str, Any], limits: Limits) -> bool:
    name, address = event["event"], event["address"]
    if name in {"socket.connect", "socket.getaddrinfo"}:
        host, port, *_ = address[0] if name == "socket.connect" else address
        return host == LOOPBACK and port in _ports(limits)
    if name == "socket.bind":
        # On import, urllib3 tests whether the machine has IPv6.
        is_probe = bool(limits.aws) and address[0] == ["::1", 0]
        return is_probe or (limits.settings and address[0] == [LOOPBACK, 0])
    return name == "socket.__new__" and bool(limits.aws or limits.settings)


def _ports(limits: Limits) -> set[int]:
    return {limits.aws, DATABASE_PORT} if limits.database else {limits.aws}


def may_write(path: Path, place: Place, limits: Limits) -> bool:
    """Tell whether a command may write, create, rename or remove a file or folder."""
    if path == Path(os.devnull) or path.is_relative_to(place.state):
        return True
    if path.is_relative_to(place.cache / "shield-ai"):
        return True
    if path.is_relative_to(place.app / ".git"):
        return False
    return any(_is_at(path, Path(os.path.normpath(place.app / name))) for name in limits.writes)


def _is_at(path: Path, allowed: Path) -> bool:
    """Tell whether a path is a file or folder, is in it, or is its temporary file."""
    is_temporary = path.parent == allowed.parent and path.name.startswith(f".{allowed.name}.")
    return is_temporary or path.is_relative_to(allowed)


def traced_violations(uses: list[Use], place: Place, limits: Limits) -> list[str]:
    """Return what a command and the programs that it started did and may not do."""
    programs = {sys.executable, shutil.which("git"), limits.program}
    recorder_files = {place.base / "events.jsonl"}
    if limits.settings:
        programs.add(str(place.app / VENV_PYTHON))
        recorder_files.add(place.markers / "venv-python")
    found = []
    for kind, what in uses:
        if kind == "program":
            is_allowed = what in programs
        elif kind == "write":
            path = Path(what)
            is_allowed = path in recorder_files or may_write(path, place, limits)
            # In isolated mode, Python ignores PYTHONDONTWRITEBYTECODE.
            is_bytecode = path.parent.name == "__pycache__" and place.base not in path.parents
            is_allowed |= bool(limits.children) and is_bytecode
        else:
            is_agent = limits.settings and what.startswith(f"{LOOPBACK}:")
            servers = {f"{LOOPBACK}:{port}" for port in _ports(limits)}
            is_allowed = is_agent or what in {*servers, NAME_CACHE}
        if not is_allowed:
            found.append(f"{kind}: {what}")
    return found


def command_names(group: Any, prefix: str = "") -> Iterator[str]:
    """Yield the names of all commands of a click group, such as `patterns list`."""
    import click

    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from command_names(command, f"{prefix}{name} ")
        else:
            yield prefix + name
