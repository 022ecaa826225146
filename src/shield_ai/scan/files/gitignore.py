"""Match paths against .gitignore files as git does, with a fast filter before pathspec."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from shield_ai.project.globs import has_too_many_wildcards
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from pathlib import Path

    import pathspec

WILDCARD = regex(r"[*?\[\\]")
MAX_IGNORE_SIZE = 200_000  # bytes of a .gitignore
ANYTHING = ".*"
# A bracket expression with characters other than letters, digits, `_`, `.` and `-` is treated as
# matching the rest of the name, so that no match is missed.
GLOB_TOKEN = regex(r"\*+|\?|\[[!^]?[\w.\-]+\]|\[.*|\\.?|[^*?\[\\]+")


class NameFilter:
    """Tests quickly whether the patterns of a .gitignore file may match a path.

    Only the last part of the path is compared, because the walk has already tested the folders
    above it. The filter never rejects a path that a pattern matches. pathspec then tests the paths
    that are not rejected.

    Args:
        lines: The lines of the .gitignore file.
    """

    def __init__(self, lines: list[str]) -> None:
        self._names: set[str] = set()
        globs: dict[str, list[str]] = {"": []}  # by the folder to which they are limited
        for line in lines:
            above, slash, last = line.removeprefix("!").rstrip().rstrip("/").rpartition("/")
            if not last or line.startswith("#"):
                continue
            if not WILDCARD.search(last):
                self._names.add(last)
                continue
            folder = "" if WILDCARD.search(above) else (above + slash).lstrip("/")
            globs.setdefault(folder, []).append(_loose_regex(last))
        self._globs: list[tuple[str, re.Pattern[str]]] = []
        for folder, regexes in globs.items():
            if regexes:
                self._globs.append((folder, re.compile("|".join(regexes), re.DOTALL)))

    def may_match(self, path: str, name: str) -> bool:
        """Return whether a pattern may match a path.

        Args:
            path: The path relative to the folder of the .gitignore file.
            name: The last part of the path.
        """
        if name in self._names:
            return True
        return any(path.startswith(folder) and glob.fullmatch(name) for folder, glob in self._globs)


def _replace_slow_pattern(line: str) -> str:
    """Replace a pattern with too many wildcards, so that no additional files are ignored.

    Matching a name of length n against a pattern with k wildcards can take n ** k steps.
    """
    if not has_too_many_wildcards(line):
        return line
    return "!*" if line.startswith("!") else ""


def _loose_regex(glob: str) -> str:
    """Translate a glob to a regular expression that matches at least the same names.

    It matches in linear time: the part from the first to the last `*` matches any text.
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
    """The .gitignore files of a folder and of the folders around it, which a walk adds.

    The walk is depth-first and adds a folder before its subfolders. So the files of folders that
    the walk has left can be dropped: it would take quadratic time to compare each path with them.
    """

    def __init__(self) -> None:
        self._files: list[tuple[str, list[str], NameFilter]] = []
        self._specs: dict[str, pathspec.GitIgnoreSpec] = {}
        self.has_matched = False  # whether a path was ignored

    def load(self, root: Path, folder: str) -> None:
        """Add the .gitignore file of a folder; skip it if it is missing or unreadable."""
        path = root / folder / ".gitignore"
        with contextlib.suppress(OSError):
            # Git does not follow a symbolic link to a .gitignore file either.
            raw = read_regular_file(path, MAX_IGNORE_SIZE, follow_links=False)
            self.add(folder, raw.decode("utf-8", "replace"))

    def add(self, folder: str, text: str) -> None:
        """Add the text of a folder's .gitignore file."""
        # Git ends a line at LF and a pattern at NUL. PowerShell appends lines in UTF-16, with NULs.
        raw_lines = [line.partition("\0")[0].rstrip("\r") for line in text.split("\n")]
        lines = [_replace_slow_pattern(line) for line in raw_lines]
        prefix = folder and f"{folder}/"
        while self._files and not prefix.startswith(self._files[-1][0]):
            left, *_ = self._files.pop()
            self._specs.pop(left, None)
        self._files.append((prefix, lines, NameFilter(lines)))

    def matches(self, path: str, name: str) -> bool:
        """Return whether a path is ignored, given that the folders above it are not.

        Args:
            path: The path of a file, or of a folder with a trailing slash.
            name: The last part of the path.
        """
        for folder, lines, name_filter in reversed(self._files):
            below = path[len(folder) :]
            if path.startswith(folder) and name_filter.may_match(below, name):
                is_ignored = self._spec(folder, lines).check_file(below).include
                if is_ignored is not None:
                    self.has_matched = self.has_matched or is_ignored
                    return is_ignored
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
