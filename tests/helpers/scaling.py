"""Compare the CPU time of a function on inputs of two sizes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Linear time gives a ratio of about 4, quadratic time one of 16.
GROWTH = 4
MAX_RATIO = 8
SHORTEST = 0.1  # seconds; shorter times vary too much


def assert_linear(run: Callable[[int], object], size: int) -> None:
    """Run a function with a size and with four times that size."""
    run(2)  # imports and caches
    small = _cpu_time(run, size)
    large = _cpu_time(run, GROWTH * size)
    assert large < MAX_RATIO * max(small, SHORTEST)


def _cpu_time(run: Callable[[int], object], size: int) -> float:
    before = time.process_time()
    run(size)
    return time.process_time() - before
