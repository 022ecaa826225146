"""Find the statements of a file that can contain a secret, which is faster than visiting all.

Only files outside the settings are filtered, because a setting can take any value. In other files,
most statements neither read or name a variable, nor assign a text to a secret-like name.
"""

from __future__ import annotations

import ast
import bisect
import functools
from typing import Any

from shield_ai.project.perf.disk_cache import get_or_create
from shield_ai.scan.files.file_filter import ENV_READ, LITERAL, QUOTED_NAME, SECRET_API
from shield_ai.scan.text.line_index import line_numbers
from shield_ai.scan.text.pattern_search import find_all
from shield_ai.scan.text.prefilter import load_hyperscan

CACHE_NAME = "statement-filter"
PATTERNS = (ENV_READ, QUOTED_NAME, SECRET_API, LITERAL)


class StatementFilter:
    """The lines of a file on which a pattern matches.

    Args:
        raw: The file.
    """

    def __init__(self, raw: bytes) -> None:
        self._lines = line_numbers(raw, sorted(match_ends(raw)))
        self._has_settings = b"BaseSettings" in raw

    def has_match(self, node: ast.stmt) -> bool:
        """Return whether a pattern matches in a statement or its decorators."""
        # A class with a base in the same file may have settings without any pattern.
        if self._has_settings and isinstance(node, ast.ClassDef) and node.bases:
            return True
        decorators = getattr(node, "decorator_list", None)
        first = decorators[0].lineno if decorators else node.lineno
        index = bisect.bisect_left(self._lines, first)
        last = node.end_lineno or node.lineno
        return index < len(self._lines) and self._lines[index] <= last


def match_ends(raw: bytes) -> set[int]:
    """Return the byte offsets at which matches end; the starts are not needed."""
    ends: set[int] = set()
    database = _statement_database()
    if database is None:
        for pattern in PATTERNS:
            ends.update(match.end() for match in find_all(pattern, raw))
        return ends

    def add_end(_number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        ends.add(end)

    database.scan(raw, match_event_handler=add_end)
    return ends


@functools.cache
def _statement_database() -> Any:
    """Return the Hyperscan database of the patterns of statements; None without Hyperscan.

    It is cached on disk.
    """
    module = load_hyperscan()
    if module is None:
        return None
    sources = [pattern.pattern for pattern in PATTERNS]
    loaded: list[Any] = []

    def compile_database() -> bytes:
        database = module.Database(mode=module.HS_MODE_BLOCK)
        database.compile(
            expressions=sources, ids=list(range(len(sources))), elements=len(sources), flags=0
        )
        return bytes(module.dumpb(database))

    def load_entry(packed: bytes) -> bool:
        try:
            loaded.append(module.loadb(packed, module.HS_MODE_BLOCK))
        except module.error:
            return False
        return True

    cache_key = b"\0".join([module.__version__.encode(), *sources])
    get_or_create(CACHE_NAME, cache_key, compile_database, load_entry)
    database = loaded[-1]
    database.scratch = module.Scratch(database)
    return database
