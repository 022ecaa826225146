"""Limit the time of regular expressions. A static check does not find all that are slow."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

from shield_ai.scan.text.regions import Region, finditer_in

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from shield_ai.scan.text.start_search import StartSearch

# RE2 would need no timeout, but rejects the lookarounds around most rules, and its $ and \s differ.
TIMEOUT = 1.0  # seconds of CPU time, for one rule in one file


def find_matches(
    pattern: re.Pattern[bytes],
    raw: bytes,
    regions: Iterable[Region],
    timeout: float = TIMEOUT,
    limit: int | None = None,
    starts: StartSearch | None = None,
) -> list[re.Match[bytes]] | None:
    """Return each match that begins in one of the regions; None on timeout.

    Python's `re` checks for signals while it matches. Only the main thread receives signals, so
    the timeout has no effect in other threads.

    Args:
        pattern: The regular expression.
        raw: The bytes to search.
        regions: The regions, sorted.
        timeout: The CPU time in seconds.
        limit: The maximum number of matches; None for all.
        starts: Searches for the offsets at which a match can begin, which is faster.
    """
    matches = itertools.islice(finditer_in(pattern, raw, regions, starts), limit)
    if threading.current_thread() is not threading.main_thread():
        return list(matches)
    import signal

    old_handler = signal.signal(signal.SIGVTALRM, _raise_timeout)
    signal.setitimer(signal.ITIMER_VIRTUAL, timeout)
    try:
        return list(matches)
    except TimeoutError:
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, old_handler)


def _raise_timeout(_number: int, _frame: object) -> None:
    raise TimeoutError
