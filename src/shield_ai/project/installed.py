"""Find the app's virtual environment, and the distributions in it, without running its code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection

VENV_FOLDERS = (".venv", "venv", "env")
# https://packaging.python.org/en/latest/specifications/recording-installed-packages/
DIST_INFO = regex(r"([A-Za-z0-9_.]+)-(\d+(?:\.\d+)*)\.dist-info")


def find_venv(root: Path) -> Path | None:
    """Return the app's virtual environment, or the active one; None if there is none.

    Args:
        root: The app's folder.
    """
    venvs = [root / name for name in VENV_FOLDERS]
    active = os.environ.get("VIRTUAL_ENV")
    if active:
        venvs.append(Path(active))
    for venv in venvs:
        if (venv / "pyvenv.cfg").exists() and (venv / "bin" / "python").exists():
            return venv
    return None


def installed_versions(root: Path, names: Collection[str]) -> dict[str, str]:
    """Return the released versions of distributions in the app's virtual environment, by name.

    Args:
        root: The app's folder.
        names: The distributions.
    """
    venv = find_venv(root)
    if venv is None:
        return {}
    found: dict[str, set[str]] = {}
    for folder in venv.glob("lib/python3*/site-packages/*.dist-info"):
        match = DIST_INFO.fullmatch(folder.name)
        if match and match[1] in names:
            found.setdefault(match[1], set()).add(match[2])
    return {name: versions.pop() for name, versions in found.items() if len(versions) == 1}
