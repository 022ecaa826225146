"""An empty account on an AWS emulator."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from shield_ai.sandbox import LocalAws


def use_empty_account(server: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty the account of a server, and point this process's environment to it."""
    request = urllib.request.Request(f"{server.url}/moto-api/reset", method="POST")
    request.add_header("X-Shield-Local-Key", server.access_key_id)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(request, timeout=30).close()
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
