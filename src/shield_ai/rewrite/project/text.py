"""Additions to text files that keep every byte, line end and byte order mark that is there."""

from __future__ import annotations

import re

from shield_ai.model.edit import Edit, FileChange, Skipped
from shield_ai.project.python_source import file_change

Outcome = tuple[list[FileChange], list[Skipped]]
NOTHING: Outcome = ([], [])


def left(path: str, reason: str) -> Skipped:
    """Say why a file was left alone."""
    return Skipped(path=path, line=0, name="", reason=reason)


def skip(path: str, reason: str) -> Outcome:
    """Leave a file alone and say why."""
    return [], [left(path, reason)]


def create(path: str, text: str) -> FileChange:
    """Describe a new file."""
    return insert(path, None, 0, text)


def replace(path: str, raw: bytes, text: str) -> FileChange:
    """Describe new content for a file that is ours from the first byte to the last; its line ends stay."""
    text = text.replace("\n", newline(raw))
    return file_change(path, raw, [Edit(path=path, start=0, end=len(raw), replacement=text)])


def insert(path: str, raw: bytes | None, at: int, text: str) -> FileChange:
    """Describe an insertion of text at a byte offset, with the line ends of the file."""
    if raw is not None:
        text = text.replace("\n", newline(raw))
    return file_change(path, raw, [Edit(path=path, start=at, end=at, replacement=text)])


def append(path: str, raw: bytes | None, text: str, *, gap: bool = False) -> Outcome:
    """Add whole lines at the end of a file, which may not exist yet.

    Args:
        path: Relative path with slashes.
        raw: Its bytes now.
        text: The lines; they get the line ends of the file.
        gap: Put an empty line before them.
    """
    if raw is None:
        return [create(path, text)], []
    if reason := unreadable(raw, text):
        return skip(path, reason)
    lead = "" if not raw or raw.endswith((b"\n", b"\r")) else "\n"
    blank = re.search(rb"(?:\A|\n)[ \t]*\r?\n\Z", raw)
    # What ends with a backslash would swallow the first of our lines.
    if (gap and raw.strip() and not blank) or raw.rstrip().endswith(b"\\"):
        lead += "\n"
    return [insert(path, raw, len(raw), lead + text)], []


def newline(raw: bytes) -> str:
    """Return the newline that most lines of a file end with."""
    return "\r\n" if raw.count(b"\r\n") * 2 > raw.count(b"\n") else "\n"


def unreadable(raw: bytes, text: str = "") -> str:
    """Say why text can't be added to these bytes; empty where it can."""
    if b"\0" in raw:
        return "it is no text in an encoding that is a superset of ASCII, perhaps UTF-16; save it as UTF-8"
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "" if text.isascii() else "it is not UTF-8; save it as UTF-8"
    return ""


def words(text: str) -> str:
    """Make one line of what somebody wrote into shield.toml, so that it can't end a comment or a table row."""
    return " ".join(text.split()).replace("|", "/").replace("`", "'")
