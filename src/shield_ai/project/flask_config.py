"""Find the settings files that Flask loads by their path.

https://flask.palletsprojects.com/en/stable/config/#configuring-from-python-files
"""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.model.file_reader import FileReader

LOADER = regex(
    rb"^[^#\n]{1,200}\.(from_envvar|from_pyfile)\(\s{0,9}(?:[\"']([\w./-]{1,200})[\"'])?",
    re.MULTILINE,
)
# Files that can set the variable of from_envvar().
STARTUP_FILES = regex(
    r"(^|/)((docker|container)file[^/]*|procfile[^/]*|makefile|\.flaskenv|[^/]*\.env|\.env[^/]*"
    r"|[^/]+\.(ya?ml|sh|service|conf|ini|toml|cfg))$",
    re.IGNORECASE,
)
MAX_SIZE = 400_000  # bytes; larger files are generated


class SettingsLoads(NamedTuple):
    """The calls of a package that load settings files by path."""

    function: str = ""  # of the first call; empty without one
    path: str = ""  # the module with this call
    loaded: frozenset[str] = frozenset()  # the settings files that they load


class _Call(NamedTuple):
    function: str
    path: str
    argument: str  # empty if it is computed


def find_settings_loads(
    folder: str, settings: Collection[str], paths: Collection[str], read: FileReader
) -> SettingsLoads:
    """Find the calls of a package that load settings files outside of it.

    Args:
        folder: The folder of the package.
        settings: The settings files of the app.
        paths: All files of the app.
        read: Returns the content of a file.
    """
    outside = [path for path in settings if not path.startswith(f"{folder}/")]
    calls = _loader_calls(folder, paths, read) if folder and outside else []
    if not calls:
        return SettingsLoads()
    values = [*_arguments(calls, "from_pyfile")]
    values += _values_of(_arguments(calls, "from_envvar"), paths, read)
    folders = set(_possible_folders(folder, calls))
    loaded = frozenset(path for path in outside if _is_named(path, values, folders))
    return SettingsLoads(calls[0].function, calls[0].path, loaded)


def _loader_calls(folder: str, paths: Collection[str], read: FileReader) -> list[_Call]:
    calls: list[_Call] = []
    for path in sorted(paths):
        if path.startswith(f"{folder}/") and path.endswith(".py"):
            for match in LOADER.finditer(read(path) or b""):
                calls.append(_Call(match[1].decode(), path, (match[2] or b"").decode()))
    return calls


def _arguments(calls: Collection[_Call], function: str) -> set[str]:
    return {call.argument for call in calls if call.function == function} - {""}


def _values_of(variables: Collection[str], paths: Collection[str], read: FileReader) -> list[str]:
    """Return the paths of Python files that startup files assign to the variables."""
    if not variables:
        return []
    names = "|".join(map(re.escape, sorted(variables)))
    value = re.compile(
        rf"\b(?:{names})\b[\"']?\s?[:=]?\s?[\"']?([\w./-]{{1,200}}\.py)(?![\w.-])".encode()
    )
    found: list[str] = []
    for path in sorted(filter(STARTUP_FILES.search, paths)):
        raw = read(path) or b""
        if len(raw) <= MAX_SIZE:
            found += [match.decode() for match in value.findall(raw)]
    return found


def _possible_folders(folder: str, calls: Collection[_Call]) -> Iterator[str]:
    """Yield the folders in which Flask may resolve a relative path: the app's `root_path`."""
    for call in calls:
        for parent in PurePosixPath(call.path).parents:
            if parent.is_relative_to(folder):
                yield str(parent)


def _is_named(path: str, values: Collection[str], folders: Collection[str]) -> bool:
    """Return whether one of the values is the file's path, absolute or relative to a folder."""
    for value in values:
        if value.startswith("/") and value.endswith(f"/{path}"):
            return True
        if any(posixpath.normpath(posixpath.join(folder, value)) == path for folder in folders):
            return True
    return False
