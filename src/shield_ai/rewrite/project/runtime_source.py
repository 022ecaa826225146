"""Read the source of the runtime, as the files of a copy."""

from __future__ import annotations

import enum
import functools
from importlib import metadata
from pathlib import Path, PurePosixPath

from shield_ai.project.runtime_names import PACKAGE
from shield_ai.rewrite.project.stamp import State, body_of, read_stamp, stamp

STAMP_NAME = "runtime"
# A copy is not the app's code: formatters, linters and type checkers skip it. ruff reports a line
# that ignores all rules (PGH004), unless another line names that rule.
HEADER = """\
# Copyright (c) 2026 The Shield AI authors
# SPDX-License-Identifier: MIT
# A copy of shield_runtime. Do not edit it: `shield apply` keeps it up to date.
# fmt: off
# ruff: noqa: PGH004
# ruff: noqa
# flake8: noqa
# isort: skip_file
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false
# pyright: reportCallIssue=false, reportGeneralTypeIssues=false
# pylint: skip-file
"""
# Modules of earlier versions of the copy, which nothing imports.
UNUSED_MODULES = {"environ.py": '"""Unused: replaced by expression.py."""\n'}


class CopyState(enum.Enum):
    """How a file of a copy compares with the runtime."""

    SAME = enum.auto()
    OTHER_VERSION = enum.auto()  # so its content can't be compared
    EDITED = enum.auto()


def compare_with_source(folder: str, place: str, raw: bytes) -> CopyState:
    """Compare a file of a copy with the runtime of this version of shield.

    The checksum in the stamp shows only accidental edits, because anyone can recompute it.

    Args:
        folder: The folder of the copy.
        place: The path of the file.
        raw: Its content.
    """
    state, version = read_stamp(raw, STAMP_NAME)
    name = PurePosixPath(place).relative_to(folder).as_posix()
    if state is State.OURS and version != shield_version():
        return CopyState.OTHER_VERSION
    if state is State.OURS and body_of(raw) == _source_of(name):
        return CopyState.SAME
    return CopyState.EDITED


def _source_of(name: str) -> str | None:
    """Return the text below the stamp of a file of the copy; None for other files."""
    text = runtime_files().get(name)
    return body_of(text.encode()) if text else UNUSED_MODULES.get(name)


@functools.cache
def runtime_files() -> dict[str, str]:
    """Map the paths of the copy's files, relative to its folder, to their text."""
    folder = _source_folder()
    files = {}
    for path in sorted(folder.rglob("*.py")):
        text = HEADER + path.read_text(encoding="utf-8")
        name = path.relative_to(folder).as_posix()
        files[name] = stamp(STAMP_NAME, "py", text, shield_version())
    return files


def _source_folder() -> Path:
    """Return the folder with the source of the runtime, in shield's wheel or its repository."""
    bundled = Path(__file__).parents[2] / "bundled_runtime"
    return bundled if bundled.is_dir() else Path(__file__).parents[3] / PACKAGE


@functools.cache
def shield_version() -> str:
    """Return the version of shield, which the stamps of a copy contain."""
    return metadata.version("shield-ai")
