"""Walk the files of a folder that are not ignored, and mark those that belong to the app."""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.model.words import word_set
from shield_ai.project.inside import parent_check
from shield_ai.project.layout import SKIPPED_FOLDERS, is_alembic_environment, is_env_example
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.gitignore import GitIgnore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from shield_ai.model.file_reader import FileReader


DOTENV = regex(r"^\.env(\.[\w.-]+)?$|^[\w.-]+\.env$")
EXAMPLE = regex(r"example|sample|template|dist|default", re.IGNORECASE)
TEMPLATE_FOLDER = regex(r"\{\{|\{%")
SETTINGS_FOLDER = regex(r"(^|/)(settings|configs?|configuration|conf)$")
PYTHON_EXTENSIONS = (".py", ".pyw", ".wsgi")
INTERPRETER = regex(rb"#![^\n]{0,200}\bpython[\d.]*(?=[ \t\r\n])")
# Never scanned: version control, caches, virtual environments and installed packages.
SKIPPED_EVERYWHERE = word_set(
    """
    .git .hg .svn .shield node_modules __pycache__ .venv venv .tox .nox .eggs .mypy_cache
    .ruff_cache .pytest_cache .hypothesis .terraform .gradle .idea bower_components
    site-packages
    """
)


class Entry(NamedTuple):
    """A file of a tree."""

    path: str  # relative, with forward slashes
    is_app_file: bool  # not documentation, vendored libraries, migrations or templates


def _ignore_failure() -> None:
    """Do not report that git failed."""


def walk_all(root: Path, report_failure: Callable[[], None] = _ignore_failure) -> Iterator[Entry]:
    """Yield each file that no .gitignore file in the folder matches, or that git tracks.

    .env files are yielded even if they are ignored.

    Symbolic links to folders are not followed.

    Args:
        root: The folder.
        report_failure: Called if git can't tell which of the ignored files it tracks.

    Raises:
        SourceError: The root cannot be listed.
    """
    gitignore = GitIgnore()
    pending = [("", True, False)]  # folder, in_app, may_be_alembic
    yielded: set[str] = set()
    while pending:
        folder, in_app, may_be_alembic = pending.pop()
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
            yield Entry(path, in_app or (may_be_alembic and is_alembic_environment(path)))
        yielded.update(files)
        for path, name in reversed(subfolders):
            is_app_folder = in_app and _is_app_folder(name, folder)
            pending.append((path, is_app_folder, in_app and not is_app_folder))
    if gitignore.has_matched:
        tracked = _tracked_files_in_gitignore(root)
        if tracked is None:
            report_failure()
            return
        yield from _tracked_entries(root, tracked, yielded)


def _tracked_files_in_gitignore(root: Path) -> list[str] | None:
    """Return the files that git tracks although a .gitignore file matches; None if git fails."""
    from shield_ai.project.git_index import tracked_files_in_gitignore

    return tracked_files_in_gitignore(root)


def _tracked_entries(root: Path, tracked: list[str], yielded: set[str]) -> Iterator[Entry]:
    """Yield files that git tracks.

    Args:
        root: The folder of the walk.
        tracked: Paths relative to the folder, from the index, which can be hostile.
        yielded: Files that the walk has already yielded; they are left out. Among them are .env
            files, and those that git ignores by patterns outside the folder.
    """
    has_real_parent = parent_check(str(root))
    for path in tracked:
        folders = path.split("/")[:-1]
        if path not in yielded and has_real_parent(path) and _may_be_file(root / path):
            app_folders = folders[:-1] if is_alembic_environment(path) else folders
            in_app = _are_app_folders(app_folders)
            yield Entry(path, in_app and SKIPPED_EVERYWHERE.isdisjoint(folders))


def _may_be_file(path: Path) -> bool:
    """Like Path.is_file(), but True if the path is inaccessible, so that the scan reports it."""
    try:
        return path.is_file()
    except OSError as error:  # also a name that is too long
        return error.errno == errno.EACCES


def _are_app_folders(names: list[str]) -> bool:
    """Return whether each of several nested folders belongs to the app.

    Args:
        names: The names of the folders, the outermost first.
    """
    parent = ""
    for name in names:
        if not _is_app_folder(name, parent):
            return False
        parent = name
    return True


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
    if ".env" not in name or not DOTENV.match(name):
        return False
    return not EXAMPLE.search(name) and not is_env_example(name)


def is_python(path: str, read: FileReader) -> bool:
    """Return whether a file contains Python code, by its name or its first line.

    Args:
        path: The file.
        read: Returns the bytes of a file; None if it can't be read.
    """
    if "." in path.rpartition("/")[2]:
        return path.endswith(PYTHON_EXTENSIONS)
    return bool(INTERPRETER.match(read(path) or b""))


def _is_app_folder(name: str, parent: str) -> bool:
    if name.startswith(".") or TEMPLATE_FOLDER.search(name):
        return False
    # settings/third_party/ contains the app's settings of libraries, not the libraries.
    return name not in SKIPPED_FOLDERS or bool(SETTINGS_FOLDER.search(parent))
