"""Rewording every sentence changes no check, no control and no exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from shield_helpers import make_app, run

HELPER = Path(__file__).parents[1] / "helpers/reworded.py"


@pytest.fixture(scope="module")
def reworded_bytecode(tmp_path_factory):
    return tmp_path_factory.mktemp("reworded")


@pytest.fixture
def execute(app, reworded_bytecode, monkeypatch):
    """Return a function that runs a command with the present sentences, and with other ones."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    reworded = {**os.environ, "PYTHONPYCACHEPREFIX": str(reworded_bytecode)}

    def run_both(*arguments):
        return [_run(app, os.environ, *arguments), _run(app, reworded, "reworded", *arguments)]

    return run_both


def _run(app, env, *arguments):
    done = subprocess.run(
        [sys.executable, str(HELPER), *arguments],
        cwd=app,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def append(path, text):
    path.write_text(path.read_text() + text)


def leave(_app):
    """Change nothing."""


def fail_checks(app):
    append(app / "shop/settings.py", "\nX_TOKEN = os.environ['X_TOKEN']\n")
    append(app / "shield.toml", '\n[[secret]]\nname = "old-key"\nenv = "OLD_KEY"\n')
    append(app / "shop/_shield_runtime/cache.py", "x")
    (app / "aws/iam-policy-secrets-manager.json").write_text("{}")


@pytest.fixture
def app(tmp_path, aws):
    make_app(tmp_path)
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0
    return tmp_path


@pytest.mark.parametrize("harm", [leave, fail_checks])
def test_checks_and_controls(app, execute, harm):
    harm(app)
    before, after = execute("shield", "verify", "--json")
    assert before[0] == after[0] == int(harm is not leave)
    checks = [json.loads(out)["checks"] for _, out, _ in (before, after)]
    results = [[(c["id"], c["status"], c["subject"]) for c in found] for found in checks]
    assert results[0] == results[1]
    titles = [[check["name"] for check in found] for found in checks]
    assert all(title != reworded for title, reworded in zip(*titles, strict=True))
    before, after = execute("controls")
    assert before == after
    assert before[0] == 0


def test_reasons_of_skipped_items(app, execute):
    append(app / "shop/settings.py", "\nimport os\nX_TOKEN = os.environ[f'{HOST}_TOKEN']\n")
    plans = [json.loads(out) for _, out, _ in execute("shield", "plan", "--json")]
    before, after = [
        [(s["path"], s["line"], s["name"], s["id"]) for s in plan["skipped"] + plan["harmless"]]
        for plan in plans
    ]
    assert before == after
    assert before
    reasons = [[skip["reason"] for skip in plan["skipped"]] for plan in plans]
    assert all(text != reworded for text, reworded in zip(*reasons, strict=True))


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan"],
        ["scan", "shop/urls.py", "nonexistent"],
        ["plan"],
        ["apply", "--yes"],
        ["rollback", "--yes"],
        ["rotate", "--status"],
        ["rotate", "--due", "--yes"],
        ["rotate", "nonexistent"],
        ["report", "-o", "report.md"],
        ["plan", "--remove-literals"],
        ["verify", "--environment", "nonexistent"],
    ],
    ids=" ".join,
)
def test_exit_codes(app, execute, arguments):
    subprocess.run(["git", "init", "-q"], cwd=app, check=True)
    subprocess.run(["git", "add", "-f", "."], cwd=app, check=True)
    (before, _, _), (after, _, error) = execute("shield", *arguments)
    assert "internal error" not in error
    assert before == after
