"""Find the class that django-configurations loads, as the app's start files name it.

https://django-configurations.readthedocs.io/en/latest/patterns/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CONFIGURATION = "DJANGO_CONFIGURATION"
DEVELOPMENT_FILES = ("manage.py", "asgi.py", "wsgi.py")
PRODUCTION_FILES = ("wsgi.py", "asgi.py", "manage.py")
NAMED_CLASS = regex(rf"""(?m)^[^#\n]*["']{CONFIGURATION}["'](?:\]\s*=|\s*,)\s*["'](\w+)["']""")


def configuration_variable(
    root: Path, modules: Sequence[tuple[str, str]], *, production: bool
) -> dict[str, str]:
    """Return the variable DJANGO_CONFIGURATION; empty if no start file sets it.

    Args:
        root: The app's folder.
        modules: The settings modules, each with the folder below root that it is imported from.
        production: Whether the server's start files take precedence over manage.py.
    """
    folders = list(dict.fromkeys(_start_folders(root, modules)))
    for name in PRODUCTION_FILES if production else DEVELOPMENT_FILES:
        for folder in folders:
            match = NAMED_CLASS.search(_read(folder / name))
            if match:
                return {CONFIGURATION: match[1]}
    return {}


def _start_folders(root: Path, modules: Sequence[tuple[str, str]]) -> Iterator[Path]:
    """Yield the folders of the settings' packages, and those that they are imported from."""
    for module, folder in modules:
        path = root / folder
        yield path
        for package in module.split(".")[:-1]:
            path /= package
            yield path


def _read(path: Path) -> str:
    try:
        return read_regular_file(path).decode("utf-8", "replace")
    except OSError:
        return ""
