from __future__ import annotations

import os

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
