"""Find the lines of files with dependencies, such as Pipfile, that can't contain a secret.

These are a requirement with a version, the name of a table, the start or the end of a list, a
Python file in a list, the project's dependencies in one line, the files that a tool leaves out, and
the checksum of a lock file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    Span = tuple[int, int]

DEPENDENCY_FILE = regex(
    r"(?:^|/)(?:pyproject\.toml|poetry\.lock|setup\.cfg|\.coveragerc|Pipfile"
    r"|[\w.-]{0,40}requirements[\w./-]{0,40}\.(?:txt|in))$"
)
VERSION = rb"\d{1,4}(?:\.(?:\d{1,5}|\*)){0,4}(?:(?:a|b|rc|\.post|\.dev)\d{1,3})?"
LIMIT = rb"(?:===?|~=|[<>!]=?|\^)[ \t]{0,3}" + VERSION
LIMITS = LIMIT + rb"(?:,[ \t]{0,3}" + LIMIT + rb"){0,3}"
EXTRAS = rb"(?:\[[a-z0-9,_ -]{1,40}\])?"
NAME = rb"[A-Za-z][A-Za-z0-9._-]{0,39}" + EXTRAS
# In requirements files and in lists of TOML, or in tables of Poetry and pipenv.
ASSIGNED = rb"(?:[ \t]{0,3}=[ \t]{0,3}[\"'])?[ \t]{0,3}"
REQUIREMENT = rb"[\"']?" + NAME + ASSIGNED + LIMITS + rb"[\"']?,?"
TABLE = rb"\[{1,2}[A-Za-z][A-Za-z.-]{0,60}\]{1,2}"
LIST_START = rb"(?:[a-z][a-z_-]{0,30}[ \t]{0,3}=[ \t]{0,3})?\["
LIST_END = rb"\],?"
PYTHON_FILE = rb"\"[a-z]{1,20}(?:[_/][a-z]{1,20}){0,6}\.py\",?"
BARE = rb"[A-Za-z][a-z]{0,19}\d?(?:[._-][A-Za-z]?[a-z]{1,19}\d?){0,4}"  # not a random token
ITEM = rb"[ \t]{0,3}\"(?:" + NAME + LIMITS + rb"|" + BARE + EXTRAS + rb")\"[ \t]{0,3}"
# https://packaging.python.org/en/latest/specifications/pyproject-toml/#dependencies-optional-dependencies
LIST = rb"dependencies[ \t]{0,3}=[ \t]{0,3}\[(?:" + ITEM + rb",){0,200}(?:" + ITEM + rb")?\]"
# The files that a linter or coverage leaves out: patterns of words.
GLOB = rb"[\"']?[a-z*][a-z_*./-]{0,60}[\"']?"
GLOBS = (
    rb"(?:omit|exclude|include|source)[ \t]{0,3}=[ \t]{0,3}\[?"
    + GLOB + rb"(?:,[ \t]{0,3}" + GLOB + rb"){0,40}\]?"
)  # fmt: skip
# A line of such a list in an INI file: letters only, and at least one separator of a path.
GLOB_LINE = rb"[a-z*_.-]{0,40}[*/][a-z*/_.-]{0,60}"
# The checksum of pyproject.toml in poetry.lock.
CHECKSUM = rb"content-hash = \"[0-9a-f]{64}\""
LINE = regex(
    rb"(?m)^[ \t]{0,40}(?:"
    + b"|".join(
        [REQUIREMENT, TABLE, LIST_START, LIST_END, PYTHON_FILE, LIST, GLOBS, GLOB_LINE, CHECKSUM]
    )
    + rb")\s{0,9}$"
)


def harmless_lines(raw: bytes) -> Iterator[Span]:
    """Yield the byte spans of lines that can't contain a secret."""
    for match in LINE.finditer(raw):
        yield match.span()
