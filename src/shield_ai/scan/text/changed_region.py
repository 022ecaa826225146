"""Find the part of a file version that differs from the previous version of the file.

Most versions in the history of a repository repeat their previous version. A secret in text that
both have was found in the previous one, so only the changed part is searched.
"""

from __future__ import annotations

from collections import OrderedDict

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.regions import Region

# Bytes around a change that are searched, too: a changed name can be some lines above its value.
CONTEXT = 512
# The same around the first or last line of a private key: more than the length of a large key.
KEY_CONTEXT = 16_384
KEY_LINE = regex(rb"-----(?:BEGIN|END)\b")
MAX_KEPT = 16_000_000  # bytes of the previous versions in memory
STEP = 64  # bytes; below this length, texts are compared byte by byte


class PreviousVersions:
    """The last version of each file, as far as they fit in memory."""

    def __init__(self) -> None:
        self._versions: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def replace(self, path: str, raw: bytes) -> bytes | None:
        """Keep the version of a file, and return the previous one; None if it is not kept."""
        previous = self._versions.pop(path, None)
        self._versions[path] = raw
        self._size += len(raw) - len(previous or b"")
        while self._size > MAX_KEPT:
            _, oldest = self._versions.popitem(last=False)
            self._size -= len(oldest)
        return previous


def changed_region(previous: bytes, raw: bytes) -> Region:
    """Return the region of a version that differs from the previous version, with its context."""
    start = _common_length(previous, raw, min(len(previous), len(raw)))
    rest = min(len(previous), len(raw)) - start
    end = len(raw) - _common_length_at_end(previous, raw, rest)
    context = KEY_CONTEXT if KEY_LINE.search(raw, max(0, start - CONTEXT), end) else CONTEXT
    stop = min(len(raw), end + context)
    first = max(0, start - context)
    line = raw.rfind(b"\n", max(0, first - context), first) + 1 or first
    # A private key that begins in the region is not cut off at its end.
    return Region(line, stop, min(len(raw), stop + KEY_CONTEXT))


def _common_length(first: bytes, second: bytes, length: int) -> int:
    """Return the length of the common start of two texts, at most a given one."""
    same, differs = 0, length
    if first[:length] == second[:length]:
        return length
    while differs - same > STEP:
        middle = (same + differs) // 2
        if first[same:middle] == second[same:middle]:
            same = middle
        else:
            differs = middle
    while first[same] == second[same]:
        same += 1
    return same


def _common_length_at_end(first: bytes, second: bytes, length: int) -> int:
    """Return the length of the common end of two texts, at most a given one."""
    same, differs = 0, length
    ends = len(first), len(second)
    if first[ends[0] - length :] == second[ends[1] - length :]:
        return length
    while differs - same > STEP:
        middle = (same + differs) // 2
        if first[ends[0] - middle : ends[0] - same] == second[ends[1] - middle : ends[1] - same]:
            same = middle
        else:
            differs = middle
    while first[ends[0] - same - 1] == second[ends[1] - same - 1]:
        same += 1
    return same
