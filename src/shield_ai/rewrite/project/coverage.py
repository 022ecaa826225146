"""Exclude the copy of the runtime from coverage, so that a required minimum is still reached."""

from __future__ import annotations

import fnmatch
import functools
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.file_reader import read_optional
from shield_ai.model.skip import SkipId
from shield_ai.project.ini_file import parse_ini
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import file_change
from shield_ai.rewrite.linter_options import pyproject_tool
from shield_ai.rewrite.project.copy_files import copy_folder
from shield_ai.rewrite.project.dependencies.pyproject import append_to_array
from shield_ai.rewrite.project.dependencies.toml_insertion import is_toml
from shield_ai.rewrite.project.file_edits import (
    NOTHING,
    Outcome,
    append_lines,
    insertion_change,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite.project.fixer import FixContext

MINIMUM = regex(rb"fail[-_]under[\"']?(?=[=:, \t])[ \t]*+[=:,]?[ \t]*+[\"']?[1-9]")
PYPROJECT = "pyproject.toml"
COVERAGERC = ".coveragerc"
INI_FILES = (COVERAGERC, "setup.cfg", "tox.ini")
COMMAND_FILES = (
    *("pytest.ini", "noxfile.py", "Makefile", ".pre-commit-config.yaml"),
    *(".circleci/config.yml", ".gitlab-ci.yml", ".travis.yml"),
)
PYTEST_FILES = ("pytest.ini", "setup.cfg", "tox.ini", PYPROJECT)
CODECOV = ("codecov.yml", ".codecov.yml")  # by default, it rejects a lower coverage
FILES = (*INI_FILES, PYPROJECT, *COMMAND_FILES)
# Sections that can have the option `omit`. https://coverage.readthedocs.io/en/latest/config.html
SECTIONS = ("run", "report")
# The section that restricts the measurement to the app, up to the option `source`.
SOURCE = rb"[ \t]*\r?\n)(?:(?!\[)[^\n]*\n)*?source(?:_pkgs)?[ \t]*="
INI_SOURCE = regex(rb"(?m)(?P<header>^\[(?:coverage:)?run\]" + SOURCE)
TOML_SOURCE = regex(rb"(?m)(?P<header>^\[tool\.coverage\.run\]" + SOURCE)
TOML_OMIT = regex(
    rb"(?m)^\[tool\.coverage\.(?:run|report)\][ \t]*\r?\n(?:(?!\[)[^\n]*\n)*?omit[ \t]*=[ \t]*\["
)
# A configuration of coverage: it reads the first file that has one.
CONFIGURED = regex(rb"(?m)^[ \t]*\[(?:coverage:|tool\.coverage\b)")
PYTEST_SECTION = regex(rb"(?m)^\[(?:tool:)?pytest\]")
OTHER_CONFIG = b"--cov-config"
# pytest-cov measures all code, or the named package.
PYTEST_COV = regex(rb"--cov(?=[=\s\"'])")
# With a name, it ignores the option `source`.
NAMED_COV = regex(rb"--cov(?:=|(?:[\"'],\s*|[ \t]+)[\"']?[^\s\"'&|;>#\]-])")
PLAIN_SOURCE = regex(r"[\w./-]*\w[\w./-]*")  # not ".", a pattern or a variable
PLAIN_PATTERN = regex(r"[\w.-][\w./*-]*[\w*]")  # relative, and not of a folder
HAS_OMIT = regex(rb"(?m)^[ \t]*omit[ \t]*=")
# The option with one pattern per line, perhaps between comments.
OMIT = regex(
    rb"(?m)^\[(?:coverage:)?(?:run|report)\][ \t]*\r?\n(?:(?!\[)[^\n]*\n)*?"
    rb"omit[ \t]*=[ \t]*\r?\n((?:[ \t]*+#[^\n]*\n)*+(?P<indent>[ \t]+)[^\s#][^\n]*"
    rb"(?:\n(?P=indent)[^\s][^\n]*)*)"
)
# The option with all patterns on its line.
OMIT_LINE = regex(
    rb"(?m)^\[(?:coverage:)?(?:run|report)\][ \t]*\r?\n(?:(?!\[)[^\n]*\n)*?"
    rb"omit[ \t]*=[ \t]*[^\s#,][^\n#]*[^\s#,](?=[ \t]*\r?$)"
)
# The option of a command, which precedes the configuration; not one with a variable.
OMIT_ARGUMENT = regex(
    rb"--omit(?:=|[ \t]+)(?P<quote>[\"']?)(?P<value>[^\s\"'$`;&|()\\]+)(?P=quote)(?=[\s\"';&|)]|$)"
)


class _Folder(NamedTuple):
    """A folder that may configure coverage."""

    read: FileReader
    prefix: str = ""  # of its paths, such as "backend/"

    def content(self, name: str) -> bytes:
        """Return the bytes of a file; empty if it does not exist."""
        return read_optional(self.read, self.prefix + name) or b""

    def insert(self, name: str, offset: int, text: str) -> Outcome:
        """Insert a text into a file."""
        return [insertion_change(self.prefix + name, self.content(name), offset, text)], []


def fix(context: FixContext) -> Outcome:
    """Exclude the copy of the runtime."""
    return omit_copy(context.read, context.manifest)


def omit_copy(read: FileReader, manifest: Manifest) -> Outcome:
    """Add the copy to the option `omit` of coverage, or report that it is missing there.

    Args:
        read: Returns the bytes of a file of the app.
        manifest: Names the path of the map file.
    """
    if manifest.app.runtime == "package":
        return NOTHING
    copy = copy_folder(manifest.app.runtime)
    for parent in reversed(PurePosixPath(copy).parents):
        prefix = "" if str(parent) == "." else f"{parent}/"
        outcome = _omit(_Folder(read, prefix), f"{copy.removeprefix(prefix)}/*")
        if outcome != NOTHING:
            return outcome
    return NOTHING


def _omit(folder: _Folder, pattern: str) -> Outcome:
    """Add a pattern to the option `omit` in a folder, or report that it is missing there."""
    minimum = next((name for name in FILES if MINIMUM.search(folder.content(name))), "")
    if not (minimum or _measures_copy(folder)) or _is_omitted(folder, pattern):
        return NOTHING
    return (
        _extend_command(folder, minimum, pattern)
        or _extend_option(folder, pattern)
        or _new_option(folder, pattern)
        or _new_section(folder, minimum, pattern)
        or _report(folder, minimum, pattern)
    )


def _is_omitted(folder: _Folder, pattern: str) -> bool:
    """Return whether a file names the pattern, or coverage measures only other code."""
    if any(pattern.encode() in folder.content(name) for name in FILES):
        return True
    return _measures_other_code(folder, pattern.removesuffix("/*"))


def _extend_option(folder: _Folder, pattern: str) -> Outcome | None:
    """Add a pattern to each option `omit` with several patterns; None without one."""
    for name in INI_FILES:
        insertions = list(_insertions(folder.content(name), pattern))
        if insertions:
            return _merge(folder, name, [folder.insert(name, *item) for item in insertions])
    outcomes = []
    for section in SECTIONS:
        keys = ("tool", "coverage", section, "omit")
        read = functools.partial(read_optional, folder.read)
        outcomes.append(append_to_array(folder.prefix + PYPROJECT, read, keys, pattern) or NOTHING)
    return _merge(folder, PYPROJECT, outcomes)


def _extend_command(folder: _Folder, minimum: str, pattern: str) -> Outcome | None:
    """Add a pattern to the options `--omit` of the file with the minimum; None without one."""
    if minimum not in COMMAND_FILES:
        return None
    found = OMIT_ARGUMENT.finditer(folder.content(minimum))
    insertions = [folder.insert(minimum, match.end("value"), f",{pattern}") for match in found]
    return _merge(folder, minimum, insertions)


def _insertions(raw: bytes, pattern: str) -> Iterator[tuple[int, str]]:
    """Yield the positions in an INI file, with the texts to insert there."""
    for match in OMIT.finditer(raw):
        end = match.end(1) - match[1].endswith(b"\r")
        yield end, f"\n{match['indent'].decode()}{pattern}"
    for match in OMIT_LINE.finditer(raw):
        patterns = match[0].rpartition(b"=")[2]
        if b"," in patterns:
            yield match.end(), f", {pattern}" if b", " in patterns else f",{pattern}"


def _merge(folder: _Folder, name: str, outcomes: Sequence[Outcome]) -> Outcome | None:
    """Return one change with the edits of several changes of a file; None without edits."""
    edits = [edit for changes, _ in outcomes for change in changes for edit in change.edits]
    return ([file_change(folder.prefix + name, folder.content(name), edits)], []) if edits else None


def _measures_copy(folder: _Folder) -> bool:
    """Return whether coverage may measure the copy because it measures whole packages.

    A CI workflow can require a minimum that no other file contains.
    """
    if _uses_pytest_cov(folder):
        return True
    for name in INI_FILES:
        raw = folder.content(name)
        if INI_SOURCE.search(raw) or OMIT.search(raw) or OMIT_LINE.search(raw):
            return True
    raw = folder.content(PYPROJECT)
    return bool(TOML_SOURCE.search(raw) or TOML_OMIT.search(raw))


def _measures_other_code(folder: _Folder, copy: str) -> bool:
    """Return whether the options `source` or `include` name only code without the copy.

    Coverage ignores `include` if `source` is set.
    https://coverage.readthedocs.io/en/latest/source.html
    """
    if any(NAMED_COV.search(folder.content(name)) for name in FILES):
        return False
    sources = _run_options(folder, "source", "source_pkgs")
    if sources:
        return not any(_is_source_of(copy, source) for source in sources)
    patterns = _run_options(folder, "include")
    return bool(patterns) and not any(_is_included(copy, pattern) for pattern in patterns)


def _is_source_of(copy: str, source: str) -> bool:
    path = source.strip("./").replace(".", "/")
    return not PLAIN_SOURCE.fullmatch(source) or f"/{path}/" in f"/{copy}/"


def _is_included(copy: str, pattern: str) -> bool:
    """Return whether a pattern for paths may match the copy; relative ones start at its folder."""
    if not PLAIN_PATTERN.fullmatch(pattern):
        return True
    return fnmatch.fnmatchcase(f"{copy}/__init__.py", pattern.removeprefix("./"))


def _run_options(folder: _Folder, *options: str) -> list[str]:
    """Return the values of options of coverage's section "run"; empty without them."""
    coverage = pyproject_tool(folder.content(PYPROJECT), "coverage") or {}
    table = coverage.get("run")
    tables = [dict(table)] if isinstance(table, dict) else []
    for name in INI_FILES:
        parser = parse_ini(folder.content(name))
        sections = [name for name in ("run", "coverage:run") if parser.has_section(name)]
        tables += [dict(parser[section]) for section in sections]
    return [value for table in tables for option in options for value in _names(table.get(option))]


def _names(value: object) -> list[str]:
    """Return the names in a TOML array or in the text of an INI file."""
    if isinstance(value, list):
        return list(map(str, value))
    return re.findall(r"[^\s,]+", value) if isinstance(value, str) else []


def _uses_pytest_cov(folder: _Folder) -> bool:
    return any(PYTEST_COV.search(folder.content(name)) for name in FILES)


def _new_option(folder: _Folder, pattern: str) -> Outcome | None:
    """Add the option `omit` to the section that has the option `source`; None without one."""
    for name in INI_FILES:
        raw = folder.content(name)
        match = INI_SOURCE.search(raw)
        if match and not HAS_OMIT.search(raw):
            return folder.insert(name, match.end("header"), f"omit =\n    {pattern}\n")
    raw = folder.content(PYPROJECT)
    match = TOML_SOURCE.search(raw)
    if match and not HAS_OMIT.search(raw):
        return folder.insert(PYPROJECT, match.end("header"), f'omit = ["{pattern}"]\n')
    return None


def _new_section(folder: _Folder, minimum: str, pattern: str) -> Outcome | None:
    """Configure coverage for pytest-cov; None if the project has no place for it."""
    name = _config_file(folder)
    raw = folder.content(name) if name else b""
    if not name or HAS_OMIT.search(raw) or not _needs_section(folder, minimum):
        return None
    is_toml_file = name == PYPROJECT
    prefix = "tool.coverage." if is_toml_file else "coverage:"
    header = "[run]" if name == COVERAGERC else f"[{prefix}run]"
    option = f'omit = ["{pattern}"]' if is_toml_file else f"omit =\n    {pattern}"
    section = re.search(rb"(?m)^%s[ \t]*(?=\r?$)" % re.escape(header.encode()), raw)
    if section:
        return folder.insert(name, section.end(), f"\n{option}")
    added = f"{header}\n{option}\n"
    if is_toml_file and not is_toml(f"{raw.decode('utf-8', 'replace')}\n{added}"):
        return None
    return append_lines(folder.prefix + name, raw, added, gap=True)


def _needs_section(folder: _Folder, minimum: str) -> bool:
    """Return whether pytest-cov measures the code with its default configuration file.

    A command that only prints the coverage, such as in a Makefile, needs no configuration.
    """
    has_other = any(OTHER_CONFIG in folder.content(file) for file in FILES)
    return _uses_pytest_cov(folder) and not has_other and bool(minimum or _is_configured(folder))


def _is_configured(folder: _Folder) -> bool:
    """Return whether a file configures coverage, pytest-cov or Codecov."""
    if any(folder.content(name) for name in (COVERAGERC, *CODECOV)):
        return True
    texts = [folder.content(name) for name in PYTEST_FILES]
    return any(CONFIGURED.search(text) or PYTEST_COV.search(text) for text in texts)


def _config_file(folder: _Folder) -> str:
    """Return the file that configures coverage, or may do so; empty if there is none."""
    if read_optional(folder.read, folder.prefix + COVERAGERC) is not None:
        return COVERAGERC
    for name in (*INI_FILES, PYPROJECT):
        if CONFIGURED.search(folder.content(name)):
            return name
    for name in INI_FILES:
        raw = folder.content(name)
        if PYTEST_SECTION.search(raw) and PYTEST_COV.search(raw):
            return name
    return PYPROJECT if folder.content(PYPROJECT) else ""


def _report(folder: _Folder, minimum: str, pattern: str) -> Outcome:
    if not minimum:
        return NOTHING
    raw = folder.content(minimum)
    match = MINIMUM.search(raw)
    line = raw.count(b"\n", 0, match.start()) + 1 if match else 0
    reason = SkipId.COVERAGE_MINIMUM.reason(pattern=pattern)
    return [], [reason.entry(folder.prefix + minimum, line)]
