"""List the modules of earlier versions of the copy: they stay importable, or are emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.runtime_names import COPY
from shield_ai.rewrite.project.copy_parts import ENGINES
from shield_ai.rewrite.project.runtime_source import UNUSED_MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator

# Modules of earlier versions, which the app may still import.
FORMER_SOURCE = '''\
"""The settings source of pydantic-settings, under its former name."""

from {package}.pydantic import SecretsManagerSource

__all__ = ["SecretsManagerSource"]
'''
FORMER_BACKEND = '''\
"""The database backend for Django, under its former name."""

from {package}.django.{engine}.base import DatabaseClient, DatabaseWrapper

__all__ = ["DatabaseClient", "DatabaseWrapper"]
'''


def former_modules(path: str, folder: str, *, in_package: bool) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of the modules that only earlier versions wrote.

    Args:
        path: Path of the map file.
        folder: The folder of the copy.
        in_package: Whether the map file is in a package.
    """
    for name, body in UNUSED_MODULES.items():
        yield f"{folder}/{name}", body
    stem = path.removesuffix(".py")
    dot = "." if in_package else ""
    yield f"{stem}_pydantic.py", FORMER_SOURCE.format(package=f"{dot}{COPY}")
    for engine in ENGINES:
        package = f"{dot}{dot}{COPY}"
        yield f"{stem}_{engine}/__init__.py", '"""A database backend for Django."""\n'
        yield f"{stem}_{engine}/base.py", FORMER_BACKEND.format(package=package, engine=engine)
