"""Read the instructions of a Dockerfile that copy files, change the folder or start a stage."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

_INSTRUCTION = regex(r"\s*(FROM|WORKDIR|COPY|ADD|RUN|ONBUILD)\s+(.*)", re.IGNORECASE | re.DOTALL)
_WITHOUT_COPIES = frozenset({"RUN", "ONBUILD"})  # but they can have here-documents
_CONTINUED = regex(r"\\[ \t]*$")
_CONTINUED_WITH_BACKTICK = regex(r"`[ \t]*$")
# Parser directives can only precede other comments.
_BACKTICK_DIRECTIVE = regex(
    r"(?:[ \t]*#[ \t]*\w+[ \t]*=.*\n)*?[ \t]*#[ \t]*escape[ \t]*=[ \t]*`", re.IGNORECASE
)
_HEREDOC = regex(r"\d*<<(?P<dash>-?)(?P<quote>[\"']?)(?P<end>[^<\"']+)(?P=quote)")


class Instruction(NamedTuple):
    """FROM, WORKDIR, COPY or ADD."""

    line: int
    last_line: int
    keyword: str  # in upper case
    arguments: str


class CopyArguments(NamedTuple):
    """The arguments of COPY or ADD."""

    stage: str  # empty: the files of the context are copied
    excluded: list[tuple[int, str]]  # patterns, numbered from 1 as in excluding_line()
    paths: list[str]  # the last one is the destination; empty if the arguments are invalid


def read_instructions(text: str) -> Iterator[Instruction]:
    """Yield the instructions that copy files, change the working directory or start a stage.

    Args:
        text: The Dockerfile.
    """
    continued = _CONTINUED_WITH_BACKTICK if _BACKTICK_DIRECTIVE.match(text) else _CONTINUED
    lines = iter(list(enumerate(text.splitlines(), 1)))
    for start, number, instruction in _joined_lines(lines, continued):
        match = _INSTRUCTION.fullmatch(instruction)
        if match:
            last = _skip_heredocs(match[2], lines) or number
            if match[1].upper() not in _WITHOUT_COPIES:
                yield Instruction(start, last, match[1].upper(), match[2])


def _joined_lines(
    lines: Iterator[tuple[int, str]], continued: re.Pattern[str]
) -> Iterator[tuple[int, int, str]]:
    """Yield the first and the last line of each instruction, and its text."""
    parts: list[str] = []
    start = last = 0
    for number, line in lines:
        if line.lstrip().startswith("#") or (parts and not line.strip()):
            continue
        start, last = (start if parts else number), number
        parts.append(continued.sub("", line))
        if not continued.search(line):
            yield start, last, " ".join(parts)
            parts = []
    if parts:  # the end of the file ends the instruction
        yield start, last, " ".join(parts)


def _skip_heredocs(arguments: str, lines: Iterator[tuple[int, str]]) -> int:
    """Skip the lines of an instruction's here-documents.

    Returns:
        The number of the last skipped line; 0 if no line was skipped.
    """
    last = 0
    for word in _words(arguments) if "<<" in arguments else ():
        match = _HEREDOC.fullmatch(word)
        if match:
            for number, line in lines:
                last = number
                if (line.lstrip("\t") if match["dash"] else line) == match["end"]:
                    break
    return last


def _words(text: str) -> list[str]:
    """Split arguments at spaces, without removing quotes; [] if a quote is not closed."""
    try:
        return shlex.split(text, posix=False)
    except ValueError:
        return []


def split_arguments(text: str) -> CopyArguments:
    """Split the arguments of COPY or ADD."""
    stage = ""
    excluded: list[str] = []
    while match := re.match(r"--([\w-]+)(?:=(\S+))?\s+", text):
        if match[1] == "from":
            stage = (match[2] or "").lower()
        elif match[1] == "exclude":
            excluded.append(match[2] or "")
        text = text[match.end() :]
    return CopyArguments(stage, list(enumerate(excluded, 1)), _split_paths(text))


def _split_paths(text: str) -> list[str]:
    """Split paths, which are words or a JSON list of strings; [] if they are invalid."""
    try:
        paths = json.loads(text)
    except (ValueError, RecursionError):
        paths = None
    if isinstance(paths, list) and all(isinstance(path, str) for path in paths):
        return paths
    try:
        return shlex.split(text)
    except ValueError:
        return []
