"""Find the names of the app's functions that read a variable with a computed name.

Calls of most of them are resolved. The names serve for the others, such as the method of an object
that is passed as an argument: a call of one with the name of a secret is reported.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.words import word_set
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.file_filter import COMPUTED_READ

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEFINITION = regex(rb"(?m)^[ \t]*(?:async[ \t]+)?(def|class)[ \t]+(\w+)[ \t]*(\([^\n]*)?")
SET_VARIABLE = regex(rb"[^\]\n]{0,80}\]\s?=[^=]")
WITHOUT_PARAMETERS = regex(rb"\(\s*(?:self|cls)?\s*\)")
# Names that many unrelated functions have.
COMMON_NAMES = word_set("get pop set main run setup load update test")


def find_reading_names(contents: Iterable[bytes]) -> frozenset[str]:
    """Return the names of the functions, and of the classes if they read `self.name`.

    Args:
        contents: The Python files that read a variable under a computed name.
    """
    names: set[str] = set()
    for raw in contents:
        found = set(_names_in(raw))
        names.update(found, _callers(raw, found))
    return frozenset(names - COMMON_NAMES)


def _names_in(raw: bytes) -> Iterator[str]:
    definitions = list(DEFINITION.finditer(raw))
    for read in COMPUTED_READ.finditer(raw):
        before = [found for found in definitions if found.start() < read.start()]
        is_write = SET_VARIABLE.match(raw, read.end())
        if is_write or not before or before[-1][1] == b"class":
            continue
        function = before[-1]
        if raw[read.end() - 1 :].startswith((b"self.", b"cls.")):
            classes = [found for found in before if found[1] == b"class"]
            if classes:
                yield classes[-1][2].decode()
        elif not function[2].startswith(b"__") and not WITHOUT_PARAMETERS.match(function[3] or b""):
            yield function[2].decode()


def _callers(raw: bytes, names: set[str]) -> Iterator[str]:
    """Yield the functions that pass a name on to one of some functions: they may take a list."""
    definitions = list(DEFINITION.finditer(raw))
    for name in names:
        for call in re.finditer(rb"(?<!def )\b" + name.encode() + rb"\([^\"'()]{1,200}\)", raw):
            before = [found for found in definitions if found.start() < call.start()]
            if before and before[-1][1] == b"def":
                yield before[-1][2].decode()


def calls_any(raw: bytes, names: frozenset[str]) -> bool:
    """Return whether a file contains the call of a function with one of some names."""
    return any(name.encode() + b"(" in raw for name in names)
