"""Find the names of the app's functions that read a variable with a computed name.

Most calls of such functions are resolved. Others are not, such as a method of an object that is
passed as an argument: these calls are recognized by the name of the function, and reported if an
argument is the name of a secret.
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from shield_ai.model.words import word_set
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.file_filter import COMPUTED_READ

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

DEFINITION = regex(rb"(?m)^[ \t]*(?:async[ \t]+)?(def|class)[ \t]+(\w+)[ \t]*(\([^\n]*)?")
# A call without a text in its arguments.
CALL = regex(rb"(?<!def )\b([A-Za-z_]\w{0,80})\([^\"'()]{1,200}\)")
SET_VARIABLE = regex(rb"[^\]\n]{0,80}\]\s?=[^=]")
WITHOUT_PARAMETERS = regex(rb"\(\s*(?:self|cls)?\s*\)")
# Names that many unrelated functions have.
COMMON_NAMES = word_set("get pop set main run setup load update test")


def find_reading_names(contents: Iterable[bytes]) -> frozenset[str]:
    """Return the names of the functions, and of the classes with a method that reads `self.name`.

    Args:
        contents: The Python files that read a variable under a computed name.
    """
    names: set[str] = set()
    for raw in contents:
        definitions = _Definitions(raw)
        found = set(_names_in(raw, definitions))
        names.update(found, _callers(raw, definitions, found))
    return frozenset(names - COMMON_NAMES)


class _Definitions:
    """The functions and classes of a file, in their order."""

    def __init__(self, raw: bytes) -> None:
        self._found = list(DEFINITION.finditer(raw))
        self._starts = [found.start() for found in self._found]
        self._classes = [found for found in self._found if found[1] == b"class"]
        self._class_starts = [found.start() for found in self._classes]

    def last_before(self, position: int) -> re.Match[bytes] | None:
        """Return the last definition before a position; None without one."""
        number = bisect.bisect_left(self._starts, position)
        return self._found[number - 1] if number else None

    def last_class_before(self, position: int) -> re.Match[bytes] | None:
        """Return the last class before a position; None without one."""
        number = bisect.bisect_left(self._class_starts, position)
        return self._classes[number - 1] if number else None


def _names_in(raw: bytes, definitions: _Definitions) -> Iterator[str]:
    for read in COMPUTED_READ.finditer(raw):
        function = definitions.last_before(read.start())
        is_write = SET_VARIABLE.match(raw, read.end())
        if is_write or not function or function[1] == b"class":
            continue
        if raw[read.end() - 1 : read.end() + 4].startswith((b"self.", b"cls.")):
            owner = definitions.last_class_before(read.start())
            if owner:
                yield owner[2].decode()
        elif not function[2].startswith(b"__") and not WITHOUT_PARAMETERS.match(function[3] or b""):
            yield function[2].decode()


def _callers(raw: bytes, definitions: _Definitions, names: set[str]) -> Iterator[str]:
    """Yield the functions that call one of the named functions: they may get a list of names."""
    if not names:
        return
    for call in CALL.finditer(raw):
        function = definitions.last_before(call.start())
        if call[1].decode() in names and function and function[1] == b"def":
            yield function[2].decode()


def calls_any(raw: bytes, names: frozenset[str]) -> bool:
    """Return whether a file contains a call of one of the named functions."""
    return any(name.encode() + b"(" in raw for name in names)
