"""Exclude the copy of the runtime from coverage, so that a required minimum is still reached."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from shield_ai.model.file_reader import read_optional
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.copy_files import copy_folder
from shield_ai.rewrite.project.dependencies.pyproject import append_to_array
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, insertion_change, skip_file

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite.project.fixer import FixContext

MINIMUM = regex(rb"fail[-_]under[\"']?(?=[=:, \t])[ \t]*+[=:,]?[ \t]*+[\"']?[1-9]")
PYPROJECT = "pyproject.toml"
INI_FILES = (".coveragerc", "setup.cfg", "tox.ini")
COMMAND_FILES = (
    *("pytest.ini", "noxfile.py", "Makefile", ".pre-commit-config.yaml"),
    *(".circleci/config.yml", ".gitlab-ci.yml", ".travis.yml"),
)
FILES = (*INI_FILES, PYPROJECT, *COMMAND_FILES)
# Sections that can have the option `omit`. https://coverage.readthedocs.io/en/latest/config.html
SECTIONS = ("run", "report")
# The section that restricts the measurement to the app, up to the option `source`.
SOURCE = rb"[ \t]*\r?\n)(?:(?!\[)[^\n]*\n)*?source(?:_pkgs)?[ \t]*="
INI_SOURCE = regex(rb"(?m)(?P<header>^\[(?:coverage:)?run\]" + SOURCE)
TOML_SOURCE = regex(rb"(?m)(?P<header>^\[tool\.coverage\.run\]" + SOURCE)
# pytest-cov measures all code, or the named package.
PYTEST_COV = regex(rb"--cov(?=[=\s\"'])")
HAS_OMIT = regex(rb"(?m)^[ \t]*omit[ \t]*=")
# The option with one pattern per line.
OMIT = regex(
    rb"(?m)^\[(?:coverage:)?(?:run|report)\][ \t]*\r?\n(?:(?!\[)[^\n]*\n)*?"
    rb"omit[ \t]*=[ \t]*\r?\n((?P<indent>[ \t]+)[^\s#][^\n]*(?:\n(?P=indent)[^\s#][^\n]*)*)"
)

# The option with all patterns on its line.
OMIT_LINE = regex(
    rb"(?m)^\[(?:coverage:)?(?:run|report)\][ \t]*\r?\n(?:(?!\[)[^\n]*\n)*?"
    rb"omit[ \t]*=[ \t]*[^\s#,][^\n#]*[^\s#,](?=[ \t]*\r?$)"
)


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
    minimum = next((path for path in FILES if MINIMUM.search(read_optional(read, path) or b"")), "")
    if not minimum and not _measures_copy(read):
        return NOTHING
    pattern = f"{copy_folder(manifest.app.runtime)}/*"
    for path in FILES:
        if pattern.encode() in (read_optional(read, path) or b""):
            return NOTHING
    for path in INI_FILES:
        raw = read_optional(read, path) or b""
        match = OMIT.search(raw)
        if match:
            line = f"\n{match['indent'].decode()}{pattern}"
            end = match.end(1) - raw[: match.end(1)].endswith(b"\r")
            return [insertion_change(path, raw, end, line)], []
        match = OMIT_LINE.search(raw)
        if match and b"," in match[0].rpartition(b"=")[2]:
            return [insertion_change(path, raw, match.end(), f",{pattern}")], []
    for section in SECTIONS:
        keys = ("tool", "coverage", section, "omit")
        outcome = append_to_array(PYPROJECT, functools.partial(read_optional, read), keys, pattern)
        if outcome:
            return outcome
    return _new_option(read, pattern) or _report(minimum, pattern)


def _measures_copy(read: FileReader) -> bool:
    """Return whether coverage may measure the copy because it measures whole packages.

    A CI workflow can require a minimum that no other file contains.
    """
    for path in FILES:
        if PYTEST_COV.search(read_optional(read, path) or b""):
            return True
    if any(INI_SOURCE.search(read_optional(read, path) or b"") for path in INI_FILES):
        return True
    return bool(TOML_SOURCE.search(read_optional(read, PYPROJECT) or b""))


def _new_option(read: FileReader, pattern: str) -> Outcome | None:
    """Add the option `omit` to the section that has the option `source`; None without one."""
    for path in INI_FILES:
        raw = read_optional(read, path) or b""
        match = INI_SOURCE.search(raw)
        if match and not HAS_OMIT.search(raw):
            return [
                insertion_change(path, raw, match.end("header"), f"omit =\n    {pattern}\n")
            ], []
    raw = read_optional(read, PYPROJECT) or b""
    match = TOML_SOURCE.search(raw)
    if match and not HAS_OMIT.search(raw):
        return [
            insertion_change(PYPROJECT, raw, match.end("header"), f'omit = ["{pattern}"]\n')
        ], []
    return None


def _report(minimum: str, pattern: str) -> Outcome:
    return (
        skip_file(minimum, SkipId.COVERAGE_MINIMUM.reason(pattern=pattern)) if minimum else NOTHING
    )
