"""Cache entries, and the calls to AWS that fill them."""

from __future__ import annotations

from time import monotonic

from .errors import Failure, SecretUnavailableError
from .timing import jitter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event
    from typing import Union

    from .value import SecretValue

    Answer = Union[SecretValue, Failure]

# All durations are in seconds.
DEADLINE = 30.0  # the longest time that a caller waits for a fetch
BACKOFF = 0.5  # the pause after a failure; doubled after each further failure in a row
MAX_BACKOFF = 60.0
MAX_FAILURES_COUNTED = 16  # keeps 2 ** failures_in_a_row small


class Fetch:
    """A call to AWS in progress, in a background thread."""

    __slots__ = ("answer", "callbacks", "done", "refresh", "started")

    def __init__(self, now: float, *, refresh: bool) -> None:
        from threading import Event

        self.started = now
        self.refresh = refresh
        self.done: Event = Event()
        self.answer: Answer | None = None
        self.callbacks: list[Callable[[], object]] = []  # called when done, to wake coroutines

    def is_lost(self, now: float) -> bool:
        """Return whether the thread is given up: it has run for longer than the deadline."""
        return now >= self.started + DEADLINE

    def seconds_left(self) -> float:
        """Return the time until the deadline."""
        return max(0.0, self.started + DEADLINE - monotonic())


class Entry:
    """Cache entry for one secret and version stage."""

    __slots__ = (
        "failure",
        "failures_in_a_row",
        "fetch",
        "fresh_until",
        "name",
        "retry_at",
        "stage",
        "value",
        "warned",
    )

    def __init__(self, name: str, stage: str) -> None:
        self.name = name
        self.stage = stage
        self.failures_in_a_row = 0
        self.warned: set[str] = set()  # warnings logged since the last successful fetch
        self.value: SecretValue | None = None
        self.failure = Failure(SecretUnavailableError, f"secret {name!r}: no answer yet")
        self.fetch: Fetch | None = None
        self.fresh_until = 0.0
        self.retry_at = 0.0

    def store(self, value: SecretValue, ttl: float) -> None:
        """Store a new value, which is fresh for at most `ttl` seconds."""
        self.value = value
        self.failures_in_a_row = 0
        self.warned.clear()
        self.fresh_until = value.fetched + jitter(ttl, 0.9)

    def back_off(self, failure: Failure) -> None:
        """Store a failure, and delay the next attempt with exponential backoff."""
        self.failure = failure
        pause = min(BACKOFF * 2**self.failures_in_a_row, MAX_BACKOFF)
        self.retry_at = monotonic() + jitter(pause, 0.5)
        self.failures_in_a_row = min(self.failures_in_a_row + 1, MAX_FAILURES_COUNTED)


class Lookup:
    """Result of a cache lookup: an answer to serve immediately, or a fetch to wait for."""

    __slots__ = ("entry", "fetch", "served")

    def __init__(self, served: Answer | None, entry: Entry, fetch: Fetch | None) -> None:
        self.served = served
        self.entry = entry
        self.fetch = fetch
