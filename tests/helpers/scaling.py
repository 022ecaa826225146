"""Compare the CPU time of a function on inputs of two sizes."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Linear time gives a ratio of about 4, quadratic time one of 16.
GROWTH = 4
MAX_RATIO = 8
ATTEMPTS = 3
SHORTEST = 0.1  # seconds; shorter times vary too much


def assert_linear(run: Callable[[int], object], size: int) -> None:
    """Run a function with a size and with four times that size.

    Other work on the machine can slow down one of the two, so that a failure is tried again.
    """
    run(2)  # imports and caches
    ratios = []
    while len(ratios) < ATTEMPTS and min(ratios, default=MAX_RATIO) >= MAX_RATIO:
        small = _cpu_time(run, size)
        ratios.append(_cpu_time(run, GROWTH * size) / max(small, SHORTEST))
    assert min(ratios) < MAX_RATIO


def _cpu_time(run: Callable[[int], object], size: int) -> float:
    """Return the CPU time without that of the garbage collector, which grows faster."""
    gc.collect()
    gc.disable()
    try:
        before = time.process_time()
        run(size)
        return time.process_time() - before
    finally:
        gc.enable()
