"""Bounds the time that a regular expression may take: no look at its form tells every one that goes on for ever."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from shield_ai.scan.text.regions import Region, within

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

LIMIT = 1.0  # seconds of this process' own time, for one rule in one file


def matches(
    regex: re.Pattern[bytes], raw: bytes, regions: Iterable[Region], limit: float = LIMIT
) -> list[re.Match[bytes]] | None:
    """Return every match that begins in some regions; None where that takes longer than the limit.

    Python's `re` looks for signals while it matches. Only the main thread gets any: elsewhere, there is no limit.

    Args:
        regex: The expression.
        raw: The text.
        regions: In order.
        limit: In seconds.
    """
    if threading.current_thread() is not threading.main_thread():
        return list(within(regex, raw, regions))
    import signal  # few files match a rule

    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit)
    try:
        return list(within(regex, raw, regions))
    except TimeoutError:
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(_number: int, _frame: object) -> None:
    raise TimeoutError
