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


def test_says_what_to_do_with_the_exports(monkeypatch, capsys):
    def serve(show, port, *, runs_hooks, on_start):
        show("export A=b")
        on_start()

    monkeypatch.setattr("shield_ai.sandbox.emulator.server.serve_forever", serve)
    assert main(["local"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "export A=b\n"
    assert "run these lines in another terminal before you run shield there" in shown.err
