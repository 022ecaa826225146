"""Regular expressions that are compiled on first use: short scans need few of them."""

from __future__ import annotations

import re
from typing import Any, AnyStr, Generic, cast

METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "split")


class _LazyPattern(Generic[AnyStr]):
    """A pattern that replaces its methods by those of the compiled pattern on first use."""

    def __init__(self, pattern: AnyStr, flags: int) -> None:
        self.pattern: AnyStr = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self.pattern, self._flags)
        self.__dict__.update({method: getattr(compiled, method) for method in METHODS})
        return getattr(compiled, name)


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a pattern as `re.compile(pattern, flags)` does, but compile it on first use."""
    return cast("re.Pattern[AnyStr]", _LazyPattern(pattern, flags))
