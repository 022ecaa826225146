from __future__ import annotations

import http.client
import os
import time

from shield_ai.sandbox import WebApp
from shield_ai.sandbox.load import Load


def test_counts_answers_and_failures(shop, tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "storefront.settings.production",
    }
    with WebApp.start(shop.folder, environment, tmp_path / "log") as app, Load(app) as load:
        load.wait_for(20)
        assert load.answered >= 20
        assert not load.failures
        assert load.slowest > 0
        app.stop()
        load.wait_for(4)
    assert load.failures.total() >= 4
    assert set(load.failures) <= {
        f"{page}: {error}"
        for page in ("/", "/health")
        for error in (
            "ConnectionRefusedError",
            "ConnectionResetError",
            "RemoteDisconnected",
            "IncompleteRead",
        )
    }


SLOW = 0.27  # seconds


class SlowPage:
    """An app whose first response to /slow is slow."""

    delay = SLOW

    def request(self, _method, page):
        if page == "/slow":
            delay, self.delay = self.delay, 0
            time.sleep(delay)
        return http.client.OK, page.encode()


class SlowReads(Load):
    """A load that loses `slowest` if another client updates it at the same time."""

    _slowest = 0.0

    @property
    def slowest(self):
        value = self._slowest
        if value < SLOW:
            time.sleep(0.06)
        return value

    @slowest.setter
    def slowest(self, value):
        self._slowest = value


def test_records_the_slowest_response_of_all_clients():
    with SlowReads(SlowPage(), 0.01, pages=("/slow", "/"), clients=2) as load:
        load.wait_for(30)
    assert load.slowest >= SLOW
