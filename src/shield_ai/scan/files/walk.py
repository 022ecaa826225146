"""Which files of a folder are the app's own."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.project.layout import SKIPPED_FOLDERS
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pathspec

DOTENV = regex(r"^\.env(\.[\w.-]+)?$|^[\w.-]+\.env$")
EXAMPLE = regex(r"example|sample|template|dist|default", re.IGNORECASE)
TEMPLATE_FOLDER = regex(r"\{\{|\{%")
WILD = regex(r"[*?\[\\]")
# A bracket with more in it than words is taken, with all behind it, for anything.
PIECE = regex(r"\*+|\?|\[[!^]?[\w.\-]+\]|\[.*|\\.?|[^*?\[\\]+")


class Sieve:
    """Which paths a .gitignore may be about: those whose last part fits that of a pattern, at a generous reading.

    The folders above a path were asked before it, so that only its own name is new. What fits, pathspec decides.
    """

    def __init__(self, lines: list[str]) -> None:
        self._names: set[str] = set()
        wild: dict[str, list[str]] = {"": []}
        for line in lines:
            above, slash, last = line.removeprefix("!").rstrip().rstrip("/").rpartition("/")
            if not last or line.startswith("#"):
                continue
            if WILD.search(last):
                plain = not WILD.search(above)
                wild.setdefault((above + slash).lstrip("/") if plain else "", []).append(
                    PIECE.sub(_loosely, last)
                )
            else:
                self._names.add(last)
        self._wild = [
            (folder, re.compile("|".join(names), re.DOTALL))
            for folder, names in wild.items()
            if names
        ]

    def may_tell(self, path: str, name: str) -> bool:
        """Whether a pattern may match a path, whose last part is the name."""
        return name in self._names or any(
            path.startswith(folder) and names.fullmatch(name) for folder, names in self._wild
        )


def _loosely(match: re.Match[str]) -> str:
    """Write a piece of a pattern as a regular expression that matches no less."""
    piece = match[0]
    if piece[0] in "*?":
        return "." if piece == "?" else ".*"
    if piece[0] == "[":
        return "." if piece[-1] == "]" else ".*"
    return (
        re.escape(piece[1])
        if piece[0] == "\\" and len(piece) > 1
        else ".*"
        if piece == "\\"
        else re.escape(piece)
    )


class Ignored:
    """What the .gitignore files of a folder and of those above it leave out."""

    def __init__(self) -> None:
        self._files: list[tuple[str, list[str], Sieve]] = []
        self._specs: dict[str, pathspec.GitIgnoreSpec] = {}

    def enter(self, folder: str, text: str) -> None:
        """Take in the .gitignore of a folder."""
        # As git does, which ends a line at LF and a pattern at NUL: where PowerShell has added a line, it is UTF-16.
        lines = [line.partition("\0")[0].rstrip("\r") for line in text.split("\n")]
        self._files.append((folder and f"{folder}/", lines, Sieve(lines)))

    def has(self, path: str, name: str) -> bool:
        """Whether a path is left out, where the folders above it are not.

        Args:
            path: Of a file, or of a folder with a slash behind it.
            name: Its last part.
        """
        for folder, lines, sieve in reversed(self._files):
            below = path[len(folder) :]
            if path.startswith(folder) and sieve.may_tell(below, name):
                verdict = self._spec(folder, lines).check_file(below).include
                if verdict is not None:
                    return verdict
        return False

    def _spec(self, folder: str, lines: list[str]) -> pathspec.GitIgnoreSpec:
        if folder not in self._specs:
            try:
                self._specs[folder] = _spec(lines)
            except ValueError:  # as git does, which passes over a pattern that is none
                self._specs[folder] = _spec([line for line in lines if _is_pattern(line)])
        return self._specs[folder]


def _spec(lines: list[str]) -> pathspec.GitIgnoreSpec:
    """Compile patterns.

    Raises:
        ValueError: One of them is none.
    """
    import warnings  # likewise

    import pathspec  # slow; in many folders, nothing is left out

    try:
        with warnings.catch_warnings():
            # a set in a set, which git knows no more than Python's re
            warnings.simplefilter("ignore")
            # Where hyperscan is installed, pathspec would compile a database for each file: longer than a scan takes.
            return pathspec.GitIgnoreSpec.from_lines(lines, backend="simple")
    except re.error as error:
        raise ValueError from error


def _is_pattern(line: str) -> bool:
    try:
        _spec([line])
    except ValueError:
        return False
    return True


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
    # code of the app itself: not its documentation, its vendored libraries, its templates …
    own: bool


def walk(root: Path) -> Iterator[str]:
    """Yield the relative paths of the files of an app, those ignored by git only where they are .env files."""
    return (entry.path for entry in walk_all(root) if entry.own)


def walk_all(root: Path) -> Iterator[Entry]:
    """Yield every file that git would not ignore, and .env files anyway, in one pass. Follows no link."""
    ignored = Ignored()
    pending = [("", True)]
    while pending:
        folder, own = pending.pop()
        entries = _listed(root, folder)
        if entries is None:
            # can't be read as a file either, which every report says
            yield Entry(folder, own=False)
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
                if entry.name not in NEVER and not ignored.has(f"{path}/", entry.name):
                    below.append((path, own and _is_own(entry.name)))
            elif not _is_folder(entry) and (
                not ignored.has(path, entry.name) or is_dotenv(entry.name)
            ):
                yield Entry(path, own)
        pending += reversed(below)


def _listed(root: Path, folder: str) -> list[os.DirEntry[str]] | None:
    """List a folder in order; None where it can't be listed.

    Raises:
        SourceError: So it is with the first one.
    """
    try:
        # pathlib costs a third of the walk
        with os.scandir(os.path.join(root, folder)) as listing:  # noqa: PTH118
            return sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and folder:
            return []  # gone since its own folder was listed
        if not folder:
            raise SourceError(
                f"{root} can't be read: {error.strerror}", "look at its permissions"
            ) from None
        return None


def _is_folder(entry: os.DirEntry[str], *, links: bool = True) -> bool:
    """Whether it is a folder, or a link to one; a link that leads back to itself is none."""
    try:
        return entry.is_dir(follow_symlinks=links)
    except OSError:
        return False


def readable(path: str) -> str:
    r"""Write a path so that every report can hold it: bytes that are no UTF-8 as `\xe9`."""
    return (
        path
        if path.isascii()
        else path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    )


def is_dotenv(name: str) -> bool:
    """Whether a file's name is that of a .env file with real values."""
    return ".env" in name and bool(DOTENV.match(name)) and not EXAMPLE.search(name)


def _is_own(folder: str) -> bool:
    return (
        folder not in SKIPPED_FOLDERS
        and not folder.startswith(".")
        and not TEMPLATE_FOLDER.search(folder)
    )
