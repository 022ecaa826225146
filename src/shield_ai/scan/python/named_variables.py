"""Find calls that name a variable of a moved secret, and may read it in an unknown way.

`settings.set("sqlalchemy.url", "DATABASE_URL")` can read the variable in a method that the scan
does not recognize. If the variable is then removed from the environment, this code breaks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.site import READ_SHAPES
from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import Skipped

MAX_ARGUMENTS = 400  # bytes between a function's name and an argument
FUNCTION = regex(rb"([A-Za-z_]\w*)\s?\Z")
# These don't read environment variables: lookups in settings, messages, collections and tests.
OTHER_FUNCTIONS = word_set("""
    GET GETATTR HASATTR SETATTR DELATTR SETDEFAULT POP PRINT GETTEXT NGETTEXT FORMAT APPEND ADD
    INDEX STARTSWITH ENDSWITH DEBUG INFO WARNING ERROR EXCEPTION CRITICAL LOG PATCH SECRETS CLIENT
""")
ERRORS = (b"Error", b"Exception", b"Warning", b"Configured")


def find_named_variables(
    paths: Iterable[str], read: FileReader, sites: Sequence[FoundSite]
) -> Iterator[Skipped]:
    """Yield an entry for each call that has the name of a movable variable as an argument.

    Args:
        paths: The scanned Python files.
        read: Returns the bytes of a file; None if it can't be read.
        sites: All sites of the app.
    """
    variables: set[str] = set()
    spans: dict[str, list[tuple[int, int]]] = {}
    for finding, site in sites:
        spans.setdefault(finding.path, []).append((site.start, site.end))
        if not site.reason and site.shape in READ_SHAPES and not site.alternatives:
            variables.add(site.variable)
    if not variables:
        return
    names = "|".join(sorted(map(re.escape, variables)))
    pattern = re.compile(rf"(?<=[,(\s])[\"']({names})[\"']".encode())
    for path in paths:
        raw = read(path) or b""
        for match in pattern.finditer(raw):
            is_known = any(start <= match.start() < end for start, end in spans.get(path, ()))
            if not is_known and _may_read(raw, match.start()):
                name = match[1].decode()
                line = raw.count(b"\n", 0, match.start()) + 1
                yield SkipId.ALSO_NAMED.reason(variable=name).entry(path, line, name)


def _may_read(raw: bytes, start: int) -> bool:
    """Return whether a text is a positional argument of a function that may read a variable."""
    before = raw[max(0, start - MAX_ARGUMENTS) : start]
    if before.rstrip()[-1:] not in {b"(", b","}:
        return False
    depth = 0
    for index in range(len(before) - 1, -1, -1):
        character = before[index : index + 1]
        if character in b")]}":
            depth += 1
        elif character in b"([{":
            depth -= 1
        if depth < 0:
            return character == b"(" and _may_read_variables(before[:index])
    return False


def _may_read_variables(before: bytes) -> bool:
    function = FUNCTION.search(before)
    if function is None or function[1] == b"_" or function[1].endswith(ERRORS):
        return False
    is_definition = before[: function.start()].endswith((b"def ", b"class "))
    return not is_definition and function[1].decode().upper() not in OTHER_FUNCTIONS
