"""Make many AWS calls in parallel, within AWS's rate limits and with progress reports."""

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

THREADS = 8
# Calls a second in an account and region:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
BATCH_GET_RATE = 100  # BatchGetSecretValue
LIST_VERSIONS_RATE = 100  # ListSecretVersionIds
RESOURCE_POLICY_RATE = 50  # GetResourcePolicy, PutResourcePolicy, …


class RateLimiter:
    """Allow a burst of calls, then a fixed number of calls a second, as AWS's token buckets do.

    Args:
        rate: The size of the burst, and the number of calls a second after it.
    """

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        self._burst = rate
        self._next_call = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Block until the next call is allowed."""
        with self._lock:
            now = time.monotonic()
            if self._burst >= 1:
                self._burst -= 1
                return
            self._next_call = max(self._next_call, now) + self._interval
            pause = self._next_call - now
        time.sleep(pause)


def parallel_map(
    call: Callable[[T], R], items: Iterable[T], session: Session, label: str, *, rate: float = 0
) -> list[R]:
    """Make a call for each item, and return the results in the order of the items.

    Args:
        call: The function to call. It must be thread-safe.
        items: Its arguments.
        session: Receives the progress.
        label: What the progress counts, for example "secrets".
        rate: The maximum number of calls a second; 0 means no limit.

    Raises:
        AwsError: A call failed. Calls that have not started are canceled.
    """
    pending = list(items)
    limiter = RateLimiter(rate) if rate else None

    def limited_call(item: T) -> R:
        if limiter:
            limiter.wait()
        return call(item)

    pool = ThreadPoolExecutor(THREADS)
    results: list[R] = []
    try:
        for result in pool.map(limited_call, pending):
            results.append(result)
            session.on_progress(label, len(results), len(pending))
    finally:
        pool.shutdown(cancel_futures=True)
    return results
