"""Many calls at once: in a few threads, no faster than AWS allows, with word of how far they are."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shield_ai.aws.live.session import Session

T = TypeVar("T")
R = TypeVar("R")

PARALLEL = 8
# Calls a second, in an account and region: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
BATCHES = 100  # BatchGetSecretValue
LISTS = 100  # ListSecretVersionIds
POLICIES = 50  # the policies of secrets
# each of CreateSecret, DeleteSecret, PutSecretValue, …; reads of single secrets have 10,000
WRITES = 50


class RateLimiter:
    """Lets so many through at once, then so many a second.

    Args:
        rate: A second.
    """

    def __init__(self, rate: float) -> None:
        self._step = 1 / rate
        self._free = rate  # a first burst, as the buckets of AWS have it
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for one's turn."""
        with self._lock:
            now = time.monotonic()
            if self._free >= 1:
                self._free -= 1
                return
            self._next = max(self._next, now) + self._step
            pause = self._next - now
        time.sleep(pause)


def parallel_map(
    call: Callable[[T], R], items: Iterable[T], session: Session, what: str, *, rate: float = 0
) -> list[R]:
    """Make a call for each item, and return the answers in the items' order.

    Args:
        call: May be made in any thread.
        items: What for.
        session: Hears how far it is.
        what: For example "secrets".
        rate: Calls a second that AWS allows; 0: as many as the threads make.

    Raises:
        AwsError: What a call raised; those that have not begun are not made any more.
    """
    wanted = list(items)
    pace = RateLimiter(rate) if rate else None

    def one(item: T) -> R:
        if pace:
            pace.wait()
        return call(item)

    pool = ThreadPoolExecutor(PARALLEL)
    done: list[R] = []
    try:
        for answer in pool.map(one, wanted):
            done.append(answer)
            session.on_progress(what, len(done), len(wanted))
    finally:
        pool.shutdown(cancel_futures=True)
    return done
