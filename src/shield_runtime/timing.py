"""Random delays, so that processes that start together don't call AWS at the same time."""

from __future__ import annotations

import os


def jitter(seconds: float, least: float) -> float:
    """Return a random duration, in seconds, between `least * seconds` and `seconds`.

    Uses os.urandom: the random module is slow to import, and forked processes share its state.
    """
    share = int.from_bytes(os.urandom(4), "big") / 2**32
    return seconds * (least + (1 - least) * share)
