"""Walk the files of a folder that git does not ignore, and mark those that belong to the app."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.model.words import word_set
from shield_ai.project.layout import SKIPPED_FOLDERS
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pathspec

DOTENV = regex(r"^\.env(\.[\w.-]+)?$|^[\w.-]+\.env$")
EXAMPLE = regex(r"example|sample|template|dist|default", re.IGNORECASE)
TEMPLATE_FOLDER = regex(r"\{\{|\{%")
WILDCARD = regex(r"[*?\[\\]")
WILDCARDS = regex(r"(?<![^/!])\*\*(?![^/])|\*")
MAX_WILDCARDS = 3  # per pattern; at most two of them can be `**`
MAX_IGNORE_SIZE = 200_000  # bytes of a .gitignore
ANYTHING = ".*"
# If a bracket expression has characters other than words, dots and hyphens, it is taken to match
# the rest of the name, so that no match is missed.
GLOB_TOKEN = regex(r"\*+|\?|\[[!^]?[\w.\-]+\]|\[.*|\\.?|[^*?\[\\]+")
# Never scanned: version control, caches, virtual environments and installed packages.
SKIPPED_EVERYWHERE = word_set(
    """
    .git .hg .svn .shield node_modules __pycache__ .venv venv .tox .nox .eggs .mypy_cache
    .ruff_cache .pytest_cache .hypothesis .terraform .gradle .idea bower_components
    site-packages
    """
)


class NameFilter:
    """Test cheaply whether the patterns of a .gitignore file may match a path.

    Only the last part of the path is compared, because the walk has already tested the folders
    above it. A path that a pattern matches is never rejected; pathspec tests the others.

    Args:
        lines: The lines of the .gitignore file.
    """

    def __init__(self, lines: list[str]) -> None:
        self._names: set[str] = set()
        globs: dict[str, list[str]] = {"": []}  # by the folder that they are limited to
        for line in lines:
            above, slash, last = line.removeprefix("!").rstrip().rstrip("/").rpartition("/")
            if not last or line.startswith("#"):
                continue
            if not WILDCARD.search(last):
                self._names.add(last)
                continue
            folder = "" if WILDCARD.search(above) else (above + slash).lstrip("/")
            globs.setdefault(folder, []).append(_loose_regex(last))
        self._globs = [
            (folder, re.compile("|".join(regexes), re.DOTALL))
            for folder, regexes in globs.items()
            if regexes
        ]

    def may_match(self, path: str, name: str) -> bool:
        """Return whether a pattern may match a path.

        Args:
            path: The path relative to the folder of the .gitignore file.
            name: The last part of the path.
        """
        if name in self._names:
            return True
        return any(path.startswith(folder) and glob.fullmatch(name) for folder, glob in self._globs)


def _limit_wildcards(line: str) -> str:
    """Replace a pattern that has too many wildcards by one that ignores no additional file.

    Matching a name of length n against a pattern with k wildcards can take n ** k steps.
    """
    wildcards = WILDCARDS.findall(line)
    if len(wildcards) <= MAX_WILDCARDS and wildcards.count("**") < MAX_WILDCARDS:
        return line
    return "!*" if line.startswith("!") else ""


def _loose_regex(glob: str) -> str:
    """Translate a glob to a regex that matches at least the same names, in linear time.

    The part between the first and the last `*` matches any text.
    """
    parts = [_token_regex(token) for token in GLOB_TOKEN.findall(glob)]
    if ANYTHING not in parts:
        return "".join(parts)
    first = parts.index(ANYTHING)
    last = len(parts) - parts[::-1].index(ANYTHING)
    return "".join((*parts[:first], ANYTHING, *parts[last:]))


def _token_regex(token: str) -> str:
    if token == "?":
        return "."
    if token[0] == "*" or token == "\\":
        return ANYTHING
    if token[0] == "[":
        return "." if token[-1] == "]" else ANYTHING
    if token[0] == "\\":
        return re.escape(token[1])
    return re.escape(token)


class GitIgnore:
    """The .gitignore files that a walk has found."""

    def __init__(self) -> None:
        self._files: list[tuple[str, list[str], NameFilter]] = []
        self._specs: dict[str, pathspec.GitIgnoreSpec] = {}
        self.has_matched = False  # a path was ignored

    def load(self, root: Path, folder: str) -> None:
        """Read and add the .gitignore file of a folder; an unreadable file is skipped."""
        path = root / folder / ".gitignore"
        with contextlib.suppress(OSError):
            # Git does not follow a symbolic link to a .gitignore file either.
            raw = read_regular_file(path, MAX_IGNORE_SIZE, follow_links=False)
            self.add(folder, raw.decode("utf-8", "replace"))

    def add(self, folder: str, text: str) -> None:
        """Add the text of the .gitignore file of a folder."""
        # Git ends a line at LF and a pattern at NUL. PowerShell appends lines in UTF-16, with NULs.
        raw_lines = [line.partition("\0")[0].rstrip("\r") for line in text.split("\n")]
        lines = [_limit_wildcards(line) for line in raw_lines]
        self._files.append((folder and f"{folder}/", lines, NameFilter(lines)))

    def matches(self, path: str, name: str) -> bool:
        """Return whether a path is ignored, given that the folders above it are not.

        Args:
            path: The path of a file, or of a folder with a trailing slash.
            name: The last part of the path.
        """
        for folder, lines, name_filter in reversed(self._files):
            below = path[len(folder) :]
            if path.startswith(folder) and name_filter.may_match(below, name):
                is_included = self._spec(folder, lines).check_file(below).include
                if is_included is not None:
                    self.has_matched = self.has_matched or is_included
                    return is_included
        return False

    def _spec(self, folder: str, lines: list[str]) -> pathspec.GitIgnoreSpec:
        if folder not in self._specs:
            try:
                self._specs[folder] = _compile_spec(lines)
            except ValueError:  # git skips invalid patterns
                self._specs[folder] = _compile_spec([line for line in lines if _is_valid(line)])
        return self._specs[folder]


def _compile_spec(lines: list[str]) -> pathspec.GitIgnoreSpec:
    """Compile .gitignore patterns.

    Raises:
        ValueError: A pattern is invalid.
    """
    import warnings

    import pathspec

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about nested sets, which git does not support either
            # The hyperscan backend is slower: it compiles a database for each .gitignore file.
            return pathspec.GitIgnoreSpec.from_lines(lines, backend="simple")
    except re.error as error:
        raise ValueError from error


def _is_valid(line: str) -> bool:
    try:
        _compile_spec([line])
    except ValueError:
        return False
    return True


class Entry(NamedTuple):
    """A file of a tree."""

    path: str  # relative, with forward slashes
    is_app_file: bool  # not documentation, vendored libraries, migrations or templates


def walk(root: Path) -> Iterator[str]:
    """Yield the relative path of each file of an app, including ignored .env files.

    Raises:
        SourceError: The root cannot be listed.
    """
    return (entry.path for entry in walk_all(root) if entry.is_app_file)


def _ignore_failure() -> None:
    """Do not report that git failed."""


def walk_all(root: Path, report_failure: Callable[[], None] = _ignore_failure) -> Iterator[Entry]:
    """Yield each file that git does not ignore or that it tracks, and each .env file.

    Symbolic links to folders are not followed.

    Args:
        root: The folder.
        report_failure: Called if git can't tell which of the ignored files it tracks.

    Raises:
        SourceError: The root cannot be listed.
    """
    gitignore = GitIgnore()
    pending = [("", True)]
    dotenv_files: set[str] = set()  # yielded even if they are ignored
    while pending:
        folder, in_app = pending.pop()
        entries = _list_folder(root, folder)
        if entries is None:
            # Yielded as a file, so that the scan reports that it can't be read.
            yield Entry(folder, is_app_file=False)
            continue
        names = {entry.name for entry in entries}
        if folder and "pyvenv.cfg" in names:  # a virtual environment with any name
            continue
        if ".gitignore" in names:
            gitignore.load(root, folder)
        in_app = in_app and not _has_installed_packages(names)
        files, subfolders = _split_entries(entries, folder, gitignore)
        for path in files:
            yield Entry(path, in_app)
        dotenv_files.update(path for path in files if ".env" in path)
        for path, name in reversed(subfolders):
            pending.append((path, in_app and _is_app_folder(name)))
    if gitignore.has_matched:
        tracked = _ignored_tracked_files(root)
        if tracked is None:
            report_failure()
            return
        yield from _tracked_entries(root, tracked, dotenv_files)


def _ignored_tracked_files(root: Path) -> list[str] | None:
    """Return the files that git tracks although a .gitignore file matches; None if git fails."""
    from shield_ai.project.git_objects import ignored_tracked_files

    return ignored_tracked_files(root)


def _tracked_entries(root: Path, tracked: list[str], yielded: set[str]) -> Iterator[Entry]:
    """Yield files that git tracks.

    Args:
        root: The folder of the walk.
        tracked: Paths relative to the folder.
        yielded: Files that the walk has already yielded; they are left out.
    """
    for path in tracked:
        folders = path.split("/")[:-1]
        if path not in yielded and (root / path).is_file():
            in_app = all(_is_app_folder(folder) for folder in folders)
            yield Entry(path, in_app and SKIPPED_EVERYWHERE.isdisjoint(folders))


def _split_entries(
    entries: list[os.DirEntry[str]], folder: str, gitignore: GitIgnore
) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the paths of the files of a folder, and the paths and names of its subfolders.

    Ignored files and folders are left out.
    """
    files = []
    subfolders = []
    for entry in entries:
        name = entry.name
        path = f"{folder}/{name}" if folder else name
        if _is_folder(entry, follow_links=False):
            if name not in SKIPPED_EVERYWHERE and not gitignore.matches(f"{path}/", name):
                subfolders.append((path, name))
        elif not _is_folder(entry) and (not gitignore.matches(path, name) or is_dotenv(name)):
            files.append(path)
    return files, subfolders


def _has_installed_packages(names: set[str]) -> bool:
    # https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    return any(name.endswith(".dist-info") for name in names)


def _list_folder(root: Path, folder: str) -> list[os.DirEntry[str]] | None:
    """Return the sorted entries of a folder; None if it cannot be listed.

    Raises:
        SourceError: The root cannot be listed.
    """
    try:
        # With pathlib, a walk takes a third longer.
        with os.scandir(f"{root}/{folder}") as listing:
            return sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        if not folder:
            raise SourceError(
                f"{root} can't be read: {error.strerror}", "check its permissions"
            ) from None
        if isinstance(error, FileNotFoundError):
            return []  # deleted since its parent was listed
        return None


def _is_folder(entry: os.DirEntry[str], *, follow_links: bool = True) -> bool:
    """Like DirEntry.is_dir(), but False on an error, such as a loop of symbolic links."""
    try:
        return entry.is_dir(follow_symlinks=follow_links)
    except OSError:
        return False


def display_path(path: str) -> str:
    r"""Escape the bytes of a path that are not valid UTF-8, as in `caf\xe9.py`."""
    if path.isascii():
        return path
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def is_dotenv(name: str) -> bool:
    """Return whether a file name is that of a .env file. Examples such as .env.dist are not."""
    return ".env" in name and bool(DOTENV.match(name)) and not EXAMPLE.search(name)


def _is_app_folder(name: str) -> bool:
    if name in SKIPPED_FOLDERS or name.startswith("."):
        return False
    return not TEMPLATE_FOLDER.search(name)
