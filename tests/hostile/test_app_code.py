"""No command runs the app's interpreter or settings without being asked to."""

from __future__ import annotations

import json

import pytest
from shield_helpers import make_app, run

CONSENT = "--run-settings"


@pytest.fixture
def app(tmp_path, aws):
    """An app with a Python and settings that leave a marker when they run."""
    root = tmp_path / "app"
    root.mkdir()
    make_app(root)
    done = run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=root)
    assert done.code == 0, done.text
    settings = root / "shop/settings.py"
    marker = tmp_path / "marker"
    settings.write_text(f"{settings.read_text()}\nopen({str(marker)!r}, 'w').close()\n")
    (root / ".venv/bin").mkdir(parents=True)
    (root / ".venv/pyvenv.cfg").touch()
    python = root / ".venv/bin/python"
    python.write_text(f"#!/bin/sh\ntouch '{marker}'\n")
    python.chmod(0o755)
    return root


COMMANDS = [
    ["verify"],
    ["verify", "--json"],
    ["verify", "--no-run-settings"],
    ["report"],
    ["report", "--format", "markdown"],
    ["report", "--format", "asff"],
    ["plan"],
    ["scan"],
    ["draft"],
    ["cost"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_runs_no_code_of_the_app(app, command):
    done = run(*command, cwd=app)
    assert not (app.parent / "marker").exists(), done.text
    assert done.code in {0, 1}, done.text


@pytest.mark.parametrize("command", ["verify", "report"])
def test_runs_the_settings_with_consent(app, command):
    run(command, CONSENT, cwd=app)
    assert (app.parent / "marker").exists()


def test_settings_that_did_not_run_are_not_checked(app):
    done = run("verify", "--json", cwd=app)
    checks = {check["id"]: check for check in json.loads(done.out)["checks"]}
    for name in ("settings-load", "no-fallback-needed"):
        assert checks[name]["status"] == "unknown"
        assert checks[name]["detail"].startswith("not checked")
        assert CONSENT in checks[name]["hint"]


@pytest.mark.parametrize(
    ("answer", "runs"), [("y\n", True), ("n\n", False), ("\n", False)], ids=["yes", "no", "default"]
)
def test_asks_on_a_terminal(app, monkeypatch, answer, runs):
    monkeypatch.setattr("shield_ai.cli.load_settings.can_ask", lambda: True)
    done = run("verify", cwd=app, stdin=answer)
    assert "This runs the app's code" in done.text
    assert (app.parent / "marker").exists() == runs
