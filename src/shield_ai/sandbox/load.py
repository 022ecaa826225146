"""Generate load on the sample app: clients request its pages continuously and count failures."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from shield_ai.sandbox.webapp import WebApp

PAGES = ("/", "/health")
CLIENTS = 4
TIMEOUT = 60.0  # seconds


class Load:
    """Clients of the sample app. A slow response is not a failure; see `slowest`.

    Args:
        app: The app.
        pause: Seconds that a client waits between two requests.
        pages: The paths that are requested.
        clients: The number of clients.
    """

    def __init__(
        self,
        app: WebApp,
        pause: float = 0,
        *,
        pages: tuple[str, ...] = PAGES,
        clients: int = CLIENTS,
    ) -> None:
        self._app = app
        self._pages = pages
        self._pause = pause
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._send_requests, args=(number,))
            for number in range(clients)
        ]
        self._lock = threading.Lock()  # of the results
        self.answered = 0
        self.slowest = 0.0  # seconds
        self.failures: Counter[str] = Counter()
        self._first_answers: dict[str, bytes] = {}

    def switch(self, app: WebApp) -> None:
        """Send the next requests to another process of the app."""
        self._app = app

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, requests: int) -> None:
        """Wait until this many more requests were answered or failed, or until TIMEOUT is over."""
        goal = self._completed() + requests
        deadline = time.monotonic() + TIMEOUT
        while self._completed() < goal and time.monotonic() < deadline:
            self._stop.wait(0.01)

    def _completed(self) -> int:
        return self.answered + self.failures.total()

    def _send_requests(self, number: int) -> None:
        while not self._stop.wait(self._pause):
            started = time.monotonic()
            failure = self._request(self._pages[number % len(self._pages)])
            duration = time.monotonic() - started
            with self._lock:
                self.slowest = max(self.slowest, duration)
                if failure:
                    self.failures[failure] += 1
                else:
                    self.answered += 1
            number += 1

    def _request(self, page: str) -> str:
        """Request a page; return what went wrong, or an empty string."""
        try:
            status, body = self._app.request("GET", page)
        except (OSError, http.client.HTTPException) as error:
            return f"{page}: {type(error).__name__}"
        if status != http.client.OK:
            return f"{page} answered {status}"
        is_expected = body == self._first_answers.setdefault(page, body)
        return "" if is_expected else f"{page} answered differently than before"
