"""Customers of the sample app: they ask for its pages without a pause, and count what fails."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from shield_ai.sandbox.webapp import WebApp

PAGES = ("/", "/health")
CUSTOMERS = 4
PATIENCE = 60.0  # seconds


class Load:
    """See the module. A request that is answered late has not failed; `slowest` says how late."""

    def __init__(self, app: WebApp) -> None:
        self._app = app
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(number,)) for number in range(CUSTOMERS)
        ]
        self.answered = 0
        self.slowest = 0.0  # seconds
        self.failures: Counter[str] = Counter()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def go_on(self, requests: int) -> None:
        """Wait until so many more requests were answered, or failed."""
        goal, end = self._all() + requests, time.monotonic() + PATIENCE
        while self._all() < goal and time.monotonic() < end:
            self._stop.wait(0.01)

    def _all(self) -> int:
        return self.answered + self.failures.total()

    def _ask(self, number: int) -> None:
        while not self._stop.is_set():
            page, begun = PAGES[number % len(PAGES)], time.monotonic()
            try:
                status, _ = self._app.request("GET", page)
                outcome = "" if status == http.client.OK else f"{page} answered {status}"
            except (OSError, http.client.HTTPException) as error:
                outcome = f"{page}: {type(error).__name__}"
            self.slowest = max(self.slowest, time.monotonic() - begun)
            if outcome:
                self.failures[outcome] += 1
            else:
                self.answered += 1
            number += 1
