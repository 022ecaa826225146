"""Create files, and insert text into files without changing their existing bytes."""

from __future__ import annotations

import functools
import re

from shield_ai.model.edit import Edit, FileChange
from shield_ai.model.skip import SkipId, Skipped, SkipReason
from shield_ai.project.python_source import file_change

Outcome = tuple[list[FileChange], list[Skipped]]  # the changes, and what is skipped and why
NOTHING: Outcome = ([], [])


def skip_file(path: str, reason: SkipReason) -> Outcome:
    """Return the outcome that skips a file for a reason."""
    return [], [reason.entry(path)]


def creation_change(path: str, text: str) -> FileChange:
    """Return a change that creates a file."""
    return insertion_change(path, None, 0, text)


def replacement_change(path: str, raw: bytes, text: str) -> FileChange:
    """Return a change that replaces the content of a generated file, with its line endings."""
    replacement = text.replace("\n", newline(raw))
    edit = Edit(path=path, start=0, end=len(raw), replacement=replacement)
    return file_change(path, raw, [edit])


def create_or_replace(path: str, raw: bytes | None, text: str) -> Outcome:
    """Return a change that creates a generated file, or replaces it if its text differs."""
    if raw is None:
        return [creation_change(path, text)], []
    if raw.replace(b"\r\n", b"\n") == text.encode():
        return NOTHING
    return [replacement_change(path, raw, text)], []


def insertion_change(path: str, raw: bytes | None, at: int, text: str) -> FileChange:
    """Return a change that inserts text at a byte offset, with the line endings of the file."""
    if raw is not None:
        text = text.replace("\n", newline(raw))
    return file_change(path, raw, [Edit(path=path, start=at, end=at, replacement=text)])


def append_lines(path: str, raw: bytes | None, text: str, *, gap: bool = False) -> Outcome:
    """Return a change that appends lines to a file, or creates it.

    Args:
        path: Relative path with slashes.
        raw: The bytes of the file; None if it does not exist.
        text: The lines.
        gap: Insert an empty line before them.
    """
    if raw is None:
        return [creation_change(path, text)], []
    problem = encoding_problem(raw, text)
    if problem:
        return skip_file(path, problem)
    separator = "" if not raw or raw.endswith((b"\n", b"\r")) else "\n"
    ends_with_empty_line = re.search(rb"(?:\A|\n)[ \t]*\r?\n\Z", raw)
    needs_gap = gap and raw.strip() and not ends_with_empty_line
    # After a backslash, the first new line would continue the last line of the file.
    if needs_gap or raw.rstrip().endswith(b"\\"):
        separator += "\n"
    return [insertion_change(path, raw, len(raw), separator + text)], []


@functools.lru_cache(maxsize=1)  # a file can have thousands of edits
def newline(raw: bytes) -> str:
    """Return the line ending of most lines of a file."""
    return "\r\n" if raw.count(b"\r\n") * 2 > raw.count(b"\n") else "\n"


def encoding_problem(raw: bytes, text: str = "") -> SkipReason | None:
    """Return why text can't be added to a file because of its encoding; None if it can."""
    if b"\0" in raw:
        return SkipId.NOT_TEXT.reason()
    try:
        raw.decode()
    except UnicodeDecodeError:
        return None if text.isascii() else SkipId.NOT_UTF8.reason()
    return None


def single_line(text: str) -> str:
    """Make a value from shield.toml safe in a comment, a table cell and inline code."""
    return " ".join(text.split()).replace("|", "/").replace("`", "'")
