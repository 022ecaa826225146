"""Regular expressions that are compiled when they are first used: a scan of a few files needs few of them."""

from __future__ import annotations

import re
from typing import Any, AnyStr, Generic, cast

METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "split")


class _Lazy(Generic[AnyStr]):
    """Stands for a pattern; after its first use, a call costs no more than the pattern's own."""

    def __init__(self, pattern: AnyStr, flags: int) -> None:
        self.pattern: AnyStr = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        made = re.compile(self.pattern, self._flags)
        self.__dict__.update({method: getattr(made, method) for method in METHODS})
        return getattr(made, name)


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what behaves as `re.compile(pattern, flags)` does, and compiles when it is first used."""
    return cast("re.Pattern[AnyStr]", _Lazy(pattern, flags))
