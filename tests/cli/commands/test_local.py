"""`shield local`: which code its rotation functions may contain."""

from __future__ import annotations

import pytest

from shield_ai.__main__ import main
from shield_ai.sandbox.emulator import server


@pytest.mark.parametrize("command", [[], ["true"]], ids=["foreground", "command"])
@pytest.mark.parametrize("options", [[], ["--run-hooks"]], ids=["default", "with hooks"])
def test_hooks_run_only_with_the_option(monkeypatch, options, command):
    started = []

    def start(_class, _port, *, runs_hooks):
        started.append(runs_hooks)
        raise KeyboardInterrupt

    monkeypatch.setattr(server.LocalAws, "start", classmethod(start))
    assert main(["local", *options, *command]) == 130
    assert started == [bool(options)]
