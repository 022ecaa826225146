"""Represent a rewritten line as characters with their positions in the original line."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import NamedTuple

from shield_ai.rewrite.python.lines.line_scanning import CLOSING, OPENING

NEW = -1


class TrackedChar(NamedTuple):
    """One character of a rewritten line."""

    text: str
    origin: int  # its index in the original line, or NEW
    is_fixed: bool = False  # belongs to the wrapped expression, which is split only if necessary
    is_joined: bool = False  # belongs to joined lines, which are split like new text


class Insert(NamedTuple):
    """Text to insert around a part of a line or file, or to replace it."""

    start: int
    end: int
    before: str
    after: str
    replaces: bool = False


class Change(NamedTuple):
    """A part of the original line and the text that replaces it."""

    start: int
    end: int
    text: str


TrackedText = list[TrackedChar]


def plain_text(chars: TrackedText) -> str:
    """Return the characters as a string."""
    return "".join([char.text for char in chars])


def new_text(text: str) -> TrackedText:
    """Return inserted text, which has no position in the original line."""
    return [TrackedChar(char, NEW) for char in text]


def has_new(chars: TrackedText) -> bool:
    """Return whether a text contains inserted or joined text."""
    return any(char.origin == NEW or char.is_joined for char in chars)


def insert_texts(line: str, inserts: list[Insert]) -> TrackedText:
    """Insert texts into a line."""
    starting: dict[int, list[Insert]] = defaultdict(list)
    ending: dict[int, list[Insert]] = defaultdict(list)
    for insert in inserts:
        starting[insert.start].append(insert)
        if insert.start < insert.end:
            ending[insert.end].append(insert)
    boundaries = {0, len(line), *starting, *ending}
    covering = 0  # the number of inserts around the current position
    replacing = 0  # the number of these inserts that replace the text
    chars: TrackedText = []
    for at, following in pairwise([*sorted(boundaries), len(line)]):
        chars += _inserted_at(starting[at], ending[at])
        opened = [insert for insert in starting[at] if insert.start < insert.end]
        covering += len(opened) - len(ending[at])
        replacing += _count_replacing(opened) - _count_replacing(ending[at])
        if not replacing:
            chars += [TrackedChar(line[n], n, covering > 0) for n in range(at, following)]
    return chars


def _inserted_at(starting: list[Insert], ending: list[Insert]) -> TrackedText:
    text = ""
    for insert in reversed(ending):
        if not insert.replaces:
            text += insert.after
    for insert in starting:
        text += insert.before
    return new_text(text)


def _count_replacing(inserts: list[Insert]) -> int:
    return sum(insert.replaces for insert in inserts)


def diff(chars: TrackedText, length: int) -> list[Change]:
    """Return the differences between a rewritten line and the original line."""
    out: list[Change] = []
    at = 0
    text = ""
    for char in [*chars, TrackedChar("", length)]:
        if char.origin == NEW:
            text += char.text
            continue
        if text or char.origin > at:
            out.append(Change(at, char.origin, text))
        at = char.origin + 1
        text = ""
    return out


def join(chars: TrackedText) -> TrackedText:
    """Replace each newline by a space, or by nothing inside an opening or closing bracket."""
    joined: TrackedText = []
    newlines = [at for at, char in enumerate(chars) if char.text == "\n"]
    for line in cut_at(chars, newlines):
        part = strip([char for char in line if char.text not in "\r\n"])
        if not part:
            continue
        if joined and joined[-1].text not in OPENING and part[0].text not in CLOSING + ":":
            joined.append(TrackedChar(" ", NEW, is_joined=True))
        joined += part
    return joined


def cut_at(chars: TrackedText, positions: list[int]) -> list[TrackedText]:
    """Cut a text at positions, and strip each part."""
    return [strip(chars[start:end]) for start, end in pairwise([0, *positions, len(chars)])]


def strip(chars: TrackedText) -> TrackedText:
    """Remove the spaces and tabs around a text."""
    start = 0
    end = len(chars)
    while start < end and chars[start].text in " \t":
        start += 1
    while end > start and chars[end - 1].text in " \t":
        end -= 1
    return chars[start:end]
