"""Where in a Python file something may be found: a walk over a tree costs a hundred times what a look at a text does.

Only outside the settings, where a setting may take any value: there, most statements neither read a variable, nor name
one, nor give a text to what is called like a secret.
"""

from __future__ import annotations

import bisect
import functools
from typing import TYPE_CHECKING, Any

from shield_ai.project.perf.disk_cache import get_or_create
from shield_ai.scan.files.file_filter import (
    LITERALS,
    NAMES,
    OWN,
    READS,
)
from shield_ai.scan.text.prefilter import hyperscan

if TYPE_CHECKING:
    import ast

NAME = "telling"  # of what is kept
PATTERNS = (READS, NAMES, OWN, LITERALS)


class Telling:
    """The lines of one file that tell of something.

    Args:
        raw: The file.
    """

    def __init__(self, raw: bytes) -> None:
        self._lines: list[int] = []
        line, done = 1, 0
        for end in sorted(ends(raw)):
            line += raw.count(b"\n", done, end)
            done = end
            self._lines.append(line)

    def within(self, node: ast.stmt) -> bool:
        """Whether any stands in a statement, its decorators included."""
        decorators = getattr(node, "decorator_list", None)
        first = decorators[0].lineno if decorators else node.lineno
        at = bisect.bisect_left(self._lines, first)
        return at < len(self._lines) and self._lines[at] <= (node.end_lineno or node.lineno)


def ends(raw: bytes) -> set[int]:
    """Return where what tells of something ends, in bytes: enough to know its statement."""
    database = _database()
    if database is None:
        return {match.end() for pattern in PATTERNS for match in pattern.finditer(raw)}
    found: set[int] = set()
    database.scan(
        raw, match_event_handler=lambda _number, _start, end, _flags, _context: found.add(end)
    )
    return found


@functools.cache
def _database() -> Any:
    module = hyperscan()
    if module is None:
        return None
    sources = [pattern.pattern for pattern in PATTERNS]
    loaded: list[Any] = []

    def make() -> bytes:
        database = module.Database(mode=module.HS_MODE_BLOCK)
        database.compile(
            expressions=sources, ids=list(range(len(sources))), elements=len(sources), flags=0
        )
        return bytes(module.dumpb(database))

    def is_valid(packed: bytes) -> bool:
        try:
            loaded.append(module.loadb(packed, module.HS_MODE_BLOCK))
        except module.error:
            return False
        return True

    get_or_create(NAME, b"\0".join([module.__version__.encode(), *sources]), make, is_valid)
    loaded[-1].scratch = module.Scratch(loaded[-1])
    return loaded[-1]
