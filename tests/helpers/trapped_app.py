"""A Django app whose files leave a marker when something imports or runs them."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

import shield_helpers
from hostile_git import git

if TYPE_CHECKING:
    from pathlib import Path

# In the settings check, no file can be written, but times can be changed.
TRAP = """\
import os
try:
    os.close(os.open({marker!r}, os.O_WRONLY | os.O_CREAT))
except PermissionError:
    os.utime({checked!r}, (1, 1))
DJANGO_SETTINGS_MODULE = "shop.settings"
"""
# A module that replaces itself by the one of the standard library.
SHADOW = """\
import sys
folders, sys.path = sys.path, [path for path in sys.path if path not in ("", {root!r})]
del sys.modules[{name!r}]
import {name}
sys.path = folders
"""
SERVER = """\
        "HOST": os.environ["DATABASE_HOST"],
        "PORT": os.environ["DATABASE_PORT"],
        "NAME\""""
CHECKED = "settings check"
DATABASE_PORT = 9  # discard: no server
VENV_PYTHON = ".venv/bin/python"
# Modules of the standard library that the tool imports.
STANDARD = ("multiprocessing", "secrets", "socket", "string", "tomllib", "zlib", "zoneinfo")
DEPENDENCIES = ("boto3", "click", "dotenv", "hyperscan", "jinja2", "msgspec", "rich", "yaml")
# Files that Python, pytest or a build tool runs.
RUN_BY_TOOLS = ("conftest", "manage", "setup", "sitecustomize", "usercustomize")
PROGRAMS = ("git", "python", "sh", "ruff")


def make_trapped_app(root: Path, markers: Path, *, standard: bool = True) -> dict[str, str]:
    """Create the app in a git repository with two commits, and return the values of its .env.

    Args:
        root: The app's new folder.
        markers: A folder outside of it.
        standard: Include modules with names of the standard library, which break the settings.
    """
    root.mkdir()
    values = shield_helpers.make_app(root)
    for name in (*DEPENDENCIES, *RUN_BY_TOOLS, *(STANDARD if standard else ())):
        (root / f"{name}.py").write_text(_trap(markers, name))
    package = root / "django"
    package.mkdir()
    (package / "__init__.py").write_text(_trap(markers, "django"))
    code = _trap(markers, "evil.pth").replace("\n", "\\n")
    (root / "evil.pth").write_text(f"import os; exec({code!r})\n")
    values |= {
        "API_KEY": os.urandom(12).hex(),
        "DATABASE_HOST": "127.0.0.1",
        "DATABASE_PORT": str(DATABASE_PORT),
    }
    (root / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    settings = root / "shop/settings.py"
    settings.write_text("import yaml\n" + settings.read_text().replace('        "NAME"', SERVER))
    (root / ".gitignore").write_text(".env\n.venv/\n.shield/\n")
    _make_programs(root, markers)
    _commit(root)
    return values


def add_shadow(root: Path, markers: Path, name: str) -> None:
    """Add a working module with the name of one of the standard library."""
    shadow = SHADOW.format(root=str(root), name=name)
    (root / f"{name}.py").write_text(_trap(markers, name) + shadow)


def _trap(markers: Path, name: str) -> str:
    return TRAP.format(marker=str(markers / name), checked=str(markers / CHECKED))


def _make_programs(root: Path, markers: Path) -> None:
    """Create programs with the names of those in PATH, and the Python of a virtual environment."""
    for name in PROGRAMS:
        _write_script(root / name, f": > {shlex.quote(str(markers / name))}")
    (root / ".venv/bin").mkdir(parents=True)
    (root / ".venv/pyvenv.cfg").touch()
    marker = shlex.quote(str(markers / "venv-python"))
    _write_script(root / VENV_PYTHON, f': > {marker}\nexec {shlex.quote(sys.executable)} "$@"')


def _write_script(path: Path, commands: str) -> None:
    path.write_text(f"#!/bin/sh\n{commands}\n")
    path.chmod(0o755)


def _commit(root: Path) -> None:
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    (root / "shop/urls.py").write_text("urlpatterns = []\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "second")
    (root / "shop/staged.py").write_text("import os\nAPI_KEY = os.environ['API_KEY']\n")
    git(root, "add", "-A")


def set_traps(markers: Path) -> None:
    """Forget which traps ran."""
    shutil.rmtree(markers, ignore_errors=True)
    markers.mkdir()
    (markers / CHECKED).touch()


def sprung_traps(markers: Path) -> list[str]:
    """Return the traps that ran, and CHECKED if one ran in the settings check."""
    sprung = [path.name for path in markers.iterdir() if path.name != CHECKED]
    if (markers / CHECKED).stat().st_mtime == 1:
        sprung.append(CHECKED)
    return sorted(sprung)
