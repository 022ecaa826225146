"""Cache secrets with a time to live (TTL), and refresh them in the background.

An expired value is served while one thread fetches the new one. A value that was not used for a
while after it expired may have been rotated, so callers wait for the new one.
"""

from __future__ import annotations

import time
from contextvars import copy_context
from time import monotonic

from . import process
from .entry import Entry, Fetch, Lookup
from .errors import Failure, SecretUnavailableError
from .log import warn
from .request import CURRENT
from .value import SecretValue, as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, Union

    from .metrics import Counters
    from .request import Request
    from .settings import Settings
    from .transport import Connection

    Answer = Union[SecretValue, Failure]

SIZE = 128  # entries
BATCH_SIZE = 20  # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
# All durations are in seconds.
LEASE = 1.0  # how long the fast path serves a value without checking its entry
LET_CALLER_GO_FIRST = 0.001  # delay of a background refresh


class Cache:
    """The entries of one client.

    Args:
        settings: Returns the client's settings.
        connection: Returns the client's connection.
        counters: Returns the client's counters.
        report: Starts the thread that sends metrics.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        connection: Callable[[], Connection],
        counters: Callable[[], Counters],
        report: Callable[[], object],
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._counters = counters
        self._report = report
        # For the fast path, the expiry (monotonic time) and the answer of each request. The fast
        # path keeps a reference to this dictionary, so it is never replaced.
        self.leases: dict[Any, tuple[float, Any]] = {}
        self._entries: dict[tuple[str, str], Entry] = {}  # the least recently used first

    def __len__(self) -> int:
        return len(self._entries)

    # Entries

    def _entry(self, name: str, stage: str) -> Entry:
        """Get or create an entry, and mark it as most recently used. Requires process.lock."""
        entry = self._entries.pop((name, stage), None) or Entry(name, stage)
        if len(self._entries) >= SIZE:
            # Evict entries without a value and without a running fetch first.
            unused = (k for k, e in self._entries.items() if e.value is None and e.fetch is None)
            least_used = next(iter(self._entries))
            evicted = next(unused, least_used)
            del self._entries[evicted]
            self.leases.clear()  # hits on leases do not update the order of use
        self._entries[name, stage] = entry
        return entry

    def value_of(self, name: str) -> SecretValue | None:
        """Return the cached value of a secret, fresh or stale; None if it is not cached."""
        with process.lock:
            entry = self._entries.get((name, CURRENT))
            return entry.value if entry else None

    def values(self) -> Iterator[SecretValue]:
        """Yield all values. Requires process.lock."""
        for entry in self._entries.values():
            if entry.value:
                yield entry.value

    def oldest(self) -> float | None:
        """Return the monotonic time of the oldest value's fetch. Requires process.lock."""
        times = [entry.value.fetched for entry in self._entries.values() if entry.value]
        return min(times) if times else None

    def clear(self, name: str | None = None) -> None:
        """Remove one secret, or all secrets."""
        with process.lock:
            self.leases.clear()
            if name is None:
                self._entries.clear()
            for key in list(self._entries):
                if key[0] == name:
                    del self._entries[key]

    def forget_fetches(self) -> None:
        """Discard the fetches in progress: after a fork, their threads exist only in the parent."""
        for entry in self._entries.values():
            entry.fetch = None

    def should_log(self, name: str, stage: str, source: str) -> bool:
        """Return whether to log a fallback: once per source until AWS returns the secret."""
        with process.lock:
            entry = self._entry(name, stage)
            if source in entry.warned:
                return False
            entry.warned.add(source)
        return True

    # Reading

    def lease(self, request: Request, value: object, answer: Any) -> Any:
        """Let the fast path serve an answer for up to LEASE seconds, and return the answer.

        Args:
            request: The request that was answered.
            value: The cached value that the answer is based on.
            answer: The result for the caller.
        """
        if request.convert is not as_text or isinstance(answer, Failure):
            return answer
        now = monotonic()
        with process.lock:
            entry = self._entries.get((request.name, request.stage))
            if entry is None or entry.value is None or entry.value is not value:
                return answer
            end = entry.fresh_until
            if now >= end:
                end = entry.value.fetched + self._settings().max_stale
            lease = (min(now + LEASE, end), answer)
            self.leases[request.lease_key] = lease
            if request.is_plain:
                self.leases[request.lease_key[0]] = lease
        return answer

    def look_up(
        self,
        name: str,
        stage: str = CURRENT,
        *,
        refresh: bool = False,
        batch: list[tuple[Entry, Fetch]] | None = None,
    ) -> Lookup:
        """Return an answer to serve immediately, or the fetch to wait for.

        Args:
            name: Name of the secret.
            stage: Version stage.
            refresh: Fetch even if the value is fresh.
            batch: List to which a new fetch is added; the caller starts it. None starts it here.
        """
        counts = self._counters().counts
        started = None
        with process.lock:
            entry = self._entry(name, stage)
            now = monotonic()
            if entry.value is not None and now < entry.fresh_until and not refresh:
                counts["CacheHits"] += 1
                return Lookup(entry.value, entry, None)
            counts["CacheMisses"] += 1
            value = self._still_usable(entry, now)
            fetch = entry.fetch
            if fetch is not None and fetch.is_lost(now):
                fetch = None
            if fetch is None and (refresh or now >= entry.retry_at):
                fetch = entry.fetch = started = Fetch(now, refresh=refresh)
            served: Answer | None = None
            if value is not None and not refresh and self._may_serve_stale(entry, value, now):
                served = value
                if entry.failures_in_a_row:  # AWS failed; a normal refresh is not counted
                    counts["StaleServed"] += 1
            elif fetch is None:
                served = value or entry.failure
        if started is not None and batch is not None:
            batch.append((entry, started))
        elif started is not None:
            self.start([(entry, started)], pause=LET_CALLER_GO_FIRST if served else 0)
        return Lookup(served, entry, fetch)

    def _still_usable(self, entry: Entry, now: float) -> SecretValue | None:
        if entry.value is not None and now < entry.value.fetched + self._settings().max_stale:
            return entry.value
        return None

    def _may_serve_stale(self, entry: Entry, value: SecretValue, now: float) -> bool:
        """Return whether a stale value may be served without waiting for the refresh.

        A value that was not used for a while may have been rotated. It is served only if AWS fails.
        """
        return bool(entry.failures_in_a_row) or now < value.fetched + self._settings().idle

    def wait(self, lookup: Lookup) -> Answer:
        """Return the answer of a lookup; wait for its fetch until the deadline."""
        if lookup.served is not None:
            return lookup.served
        fetch = lookup.fetch
        if fetch is None:
            return lookup.entry.failure
        if not fetch.done.wait(fetch.seconds_left()):
            self._complete(lookup.entry, fetch)
        return self._outcome(lookup.entry, fetch)

    async def wait_async(self, lookup: Lookup) -> Answer:
        """Asynchronous version of wait()."""
        if lookup.served is not None:
            return lookup.served
        fetch = lookup.fetch
        if fetch is None:
            return lookup.entry.failure
        import asyncio

        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived.set)

        with process.lock:
            fetch.callbacks.append(wake)
            if fetch.done.is_set():
                arrived.set()
        try:
            await asyncio.wait_for(arrived.wait(), fetch.seconds_left())
        except asyncio.TimeoutError:
            self._complete(lookup.entry, fetch)
        return self._outcome(lookup.entry, fetch)

    def _outcome(self, entry: Entry, fetch: Fetch) -> Answer:
        """Return a fetch's answer; if it failed, the last known value unless it is too old."""
        with process.lock:
            answer = fetch.answer or entry.failure
            if isinstance(answer, SecretValue):
                return answer
            value = self._still_usable(entry, monotonic())
            if value is None:
                return answer
            self._counters().counts["StaleServed"] += 1
        return value

    def prefetch(self, names: Iterable[str]) -> dict[str, Failure]:
        """Fetch many secrets with batch calls; return the failures by name."""
        batch: list[tuple[Entry, Fetch]] = []
        lookups = {name: self.look_up(name, batch=batch) for name in names}
        for start in range(0, len(batch), BATCH_SIZE):
            self.start(batch[start : start + BATCH_SIZE])
        failures = {}
        for name, lookup in lookups.items():
            answer = self.wait(lookup)
            if isinstance(answer, Failure):
                failures[name] = answer
        return failures

    # Calls

    def start(self, fetches: list[tuple[Entry, Fetch]], pause: float = 0) -> None:
        """Start a thread that fetches one secret, or several with one batch call.

        Args:
            fetches: At most BATCH_SIZE.
            pause: Seconds to wait before the call.
        """
        from threading import Thread

        run = copy_context().run
        args = (self._run, fetches, pause)
        thread = Thread(target=run, args=args, name="shield-ai", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # The thread limit is reached, or the interpreter is shutting down.
            self._run(fetches)

    def _run(self, fetches: list[tuple[Entry, Fetch]], pause: float = 0) -> None:
        time.sleep(pause)
        is_single = len(fetches) == 1
        try:
            if is_single:
                entry, fetch = fetches[0]
                secret_id = self._secret_id(entry)
                connection = self._connection()
                fetch.answer = connection.read(secret_id, entry.stage, refresh=fetch.refresh)
            else:
                self._fetch_many(fetches)
        finally:
            for entry, fetch in fetches:
                if is_single or fetch.answer is not None:
                    self._complete(entry, fetch)
                else:
                    # AWS rejected the batch, or the response does not include this secret.
                    self.start([(entry, fetch)])

    def _fetch_many(self, fetches: list[tuple[Entry, Fetch]]) -> None:
        by_id = {self._secret_id(entry): fetch for entry, fetch in fetches}
        for secret_id, answer in self._connection().read_many(by_id).items():
            by_id[secret_id].answer = answer

    def _secret_id(self, entry: Entry) -> str:
        if entry.name.startswith("arn:"):
            return entry.name
        return self._settings().prefix + entry.name

    def _complete(self, entry: Entry, fetch: Fetch) -> None:
        """Store the answer, unless another fetch has replaced this one, and wake the waiters."""
        settings = self._settings()
        warning = ""
        with process.lock:
            if fetch.answer is None:
                text = f"secret {entry.name!r}: no answer in time"
                fetch.answer = Failure(SecretUnavailableError, text)
            answer = fetch.answer
            if entry.fetch is fetch:
                if isinstance(answer, SecretValue):
                    entry.store(answer, settings.ttl)
                    self.leases.clear()
                else:
                    entry.back_off(answer)
                    warning = self._stale_warning(entry, answer)
                entry.fetch = None
            callbacks = fetch.callbacks
            fetch.callbacks = []
            fetch.done.set()
        for wake in callbacks:
            try:
                wake()
            except RuntimeError:
                continue  # the event loop was closed in the meantime
        if warning:
            warn("%s", warning)
        if settings.metrics != "off":
            self._report()

    def _stale_warning(self, entry: Entry, failure: Failure) -> str:
        """Return the warning for the first failure of an outage, or "". Requires process.lock."""
        now = monotonic()
        value = self._still_usable(entry, now)
        if value is None or "stale" in entry.warned:
            return ""
        entry.warned.add("stale")
        left = value.fetched + self._settings().max_stale - now
        return f"{failure.text}; serving the last known value, which expires in {left:.0f} s"
