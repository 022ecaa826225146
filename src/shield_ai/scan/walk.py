"""Which files of a folder are the app's own."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.layout import SKIPPED_FOLDERS
from shield_ai.lazy import regex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pathspec

DOTENV = regex(r"^\.env(\.[\w.-]+)?$|^[\w.-]+\.env$")
EXAMPLE = regex(r"example|sample|template|dist|default", re.IGNORECASE)
TEMPLATE_FOLDER = regex(r"\{\{|\{%")
ANYWHERE = "^(?:.+/)?"  # how pathspec begins a pattern that may match in any folder
GROUP = regex(r"\(\?P<\w+>")


class Sieve:
    """Which paths a .gitignore may be about: one look for all of its patterns, where pathspec takes one for each.

    Args:
        spec: The patterns.
    """

    def __init__(self, spec: pathspec.GitIgnoreSpec) -> None:
        names, paths = [], []
        for pattern in spec.patterns:
            if pattern.regex:
                source = GROUP.sub("(?:", pattern.regex.pattern)
                name = source.removeprefix(ANYWHERE)
                inner = name.replace("[^/]", "").removesuffix("(?:(?:/)|$)").removesuffix("(?:/)")
                if name != source and "/" not in inner:
                    names.append(name)  # the folders above were asked before: only the last part is new
                else:
                    paths.append(source)
        self._name = re.compile("|".join(names)) if names else None
        self._path = re.compile("|".join(paths)) if paths else None

    def may_tell(self, path: str, name: str) -> bool:
        """Whether any pattern matches."""
        return bool((self._name and self._name.match(name)) or (self._path and self._path.search(path)))


class Ignored:
    """What the .gitignore files of a folder and of those above it leave out."""

    def __init__(self) -> None:
        self._specs: list[tuple[str, pathspec.GitIgnoreSpec, Sieve]] = []

    def enter(self, folder: str, text: str) -> None:
        """Take in the .gitignore of a folder."""
        import pathspec  # noqa: PLC0415  # slow; many folders have no such file

        # As git does, which ends a line at LF and a pattern at NUL: where PowerShell has added a line, it is UTF-16.
        lines = [line.partition("\0")[0].rstrip("\r") for line in text.split("\n")]
        # Where hyperscan is installed, pathspec would compile a database for each file: longer than a scan takes.
        spec = pathspec.GitIgnoreSpec.from_lines(lines, backend="simple")
        self._specs.append((folder and f"{folder}/", spec, Sieve(spec)))

    def has(self, path: str, name: str) -> bool:
        """Whether a path is left out, where the folders above it are not.

        Args:
            path: Of a file, or of a folder with a slash behind it.
            name: Its last part, with that slash.
        """
        for folder, spec, sieve in reversed(self._specs):
            if path.startswith(folder):
                below = path[len(folder) :]
                if sieve.may_tell(below, name) and (verdict := spec.check_file(below).include) is not None:
                    return verdict
        return False


# Never looked into: not the project's own, or made by a tool from what is.
NEVER = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".shield",
        "node_modules",
        "__pycache__",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        ".eggs",
        ".mypy_cache",
    }
    | {
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        ".terraform",
        ".gradle",
        ".idea",
        "bower_components",
        "site-packages",
    }
)


class Entry(NamedTuple):
    """A file of a tree."""

    path: str  # relative, with slashes
    own: bool  # code of the app itself: not its documentation, its vendored libraries, its templates …


def walk(root: Path) -> Iterator[str]:
    """Yield the relative paths of the files of an app, those ignored by git only where they are .env files."""
    return (entry.path for entry in walk_all(root) if entry.own)


def walk_all(root: Path) -> Iterator[Entry]:
    """Yield every file that git would not ignore, and .env files anyway, in one pass. Follows no link."""
    ignored = Ignored()
    pending = [("", True)]
    while pending:
        folder, own = pending.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as listing:  # noqa: PTH118  # pathlib costs a third of the walk
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            continue
        names = {entry.name for entry in entries}
        if folder and "pyvenv.cfg" in names:  # a virtual environment, whatever it is called
            continue
        if ".gitignore" in names:
            with contextlib.suppress(OSError):
                ignored.enter(folder, (root / folder / ".gitignore").read_text("utf-8", "replace"))
        # What pip installed is not the app's own: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
        own = own and not any(name.endswith(".dist-info") for name in names)
        below = []
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if _is_folder(entry, links=False):
                if entry.name not in NEVER and not ignored.has(f"{path}/", f"{entry.name}/"):
                    below.append((path, own and _is_own(entry.name)))
            elif not _is_folder(entry) and (not ignored.has(path, entry.name) or is_dotenv(entry.name)):
                yield Entry(path, own)
        pending += reversed(below)


def _is_folder(entry: os.DirEntry[str], *, links: bool = True) -> bool:
    """Whether it is a folder, or a link to one; a link that leads back to itself is none."""
    try:
        return entry.is_dir(follow_symlinks=links)
    except OSError:
        return False


def readable(path: str) -> str:
    r"""Write a path so that every report can hold it: bytes that are no UTF-8 as `\xe9`."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def is_dotenv(name: str) -> bool:
    """Whether a file's name is that of a .env file with real values."""
    return ".env" in name and bool(DOTENV.match(name)) and not EXAMPLE.search(name)


def _is_own(folder: str) -> bool:
    return folder not in SKIPPED_FOLDERS and not folder.startswith(".") and not TEMPLATE_FOLDER.search(folder)
