"""Find the version of a package in the lock files of a project."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader

# uv, Poetry and PDM write the version of a package below its name.
TOML_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock")
PIPENV_LOCK = "Pipfile.lock"
TOML_PACKAGE = r'^name = "{name}"\r?\nversion = "(\d[\w.!+]*)"'
PIPENV_PIN = regex(r"==(\d[\w.!+]*)")


def locked_version(read: FileReader, folder: str, name: str) -> str:
    """Return the version of a package in the lock files of a folder.

    Args:
        read: Returns the bytes of a file of the app.
        folder: The folder, with a trailing slash if it is not the app's root.
        name: The normalized name of the package.

    Returns:
        "" if the files don't have the package, or have several versions of it.
    """
    found: set[str] = set()
    pattern = re.compile(TOML_PACKAGE.format(name=re.escape(name)), re.MULTILINE)
    for lock in TOML_LOCKS:
        found.update(pattern.findall(_text(read, f"{folder}{lock}")))
    found.update(_pipenv_versions(_text(read, f"{folder}{PIPENV_LOCK}"), name))
    return found.pop() if len(found) == 1 else ""


def is_any_locked(read: FileReader, folder: str, names: Iterable[str]) -> bool:
    """Return whether a lock file of a folder may have one of some packages."""
    text = "".join(_text(read, f"{folder}{lock}") for lock in (*TOML_LOCKS, PIPENV_LOCK))
    return any(f'"{name}"' in text for name in names)


def _text(read: FileReader, path: str) -> str:
    try:
        return (read(path) or b"").decode("utf-8-sig", "replace")
    except SourceError:
        return ""


def _pipenv_versions(text: str, name: str) -> Iterable[str]:
    try:
        pin = PIPENV_PIN.fullmatch(json.loads(text)["default"][name]["version"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return ()
    return [pin[1]] if pin else ()
