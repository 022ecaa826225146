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


def execute(app, *arguments):
    """Return the exit code and the output with the present sentences, and with other ones."""
    results = []
    for options in ([], ["reworded"]):
        done = subprocess.run(
            [sys.executable, str(HELPER), *options, *arguments],
            cwd=app,
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        results.append((done.returncode, done.stdout, done.stderr))
    return results


def append(path, text):
    path.write_text(path.read_text() + text)


def leave(_app):
    """Change nothing."""


def fail_checks(app):
    append(app / "shop/settings.py", "\nX_TOKEN = os.environ['X_TOKEN']\n")
    append(app / "shield.toml", '\n[[secret]]\nname = "old-key"\nenv = "OLD_KEY"\n')
    append(app / "shop/utils/_shield_runtime/cache.py", "x")
    (app / "aws/iam-policy-secrets-manager.json").write_text("{}")


@pytest.fixture
def app(tmp_path, aws):
    make_app(tmp_path)
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0
    return tmp_path


@pytest.mark.parametrize("harm", [leave, fail_checks])
def test_checks_and_controls(app, harm):
    harm(app)
    before, after = execute(app, "shield", "verify", "--json")
    assert before[0] == after[0] == int(harm is not leave)
    checks = [json.loads(out)["checks"] for _, out, _ in (before, after)]
    results = [[(c["id"], c["status"], c["subject"]) for c in found] for found in checks]
    assert results[0] == results[1]
    titles = [[check["name"] for check in found] for found in checks]
    assert all(title != reworded for title, reworded in zip(*titles, strict=True))
    before, after = execute(app, "controls")
    assert before == after
    assert before[0] == 0


def test_reasons_of_skipped_items(app):
    append(app / "shop/settings.py", "\nimport os\nX_TOKEN = os.environ[f'{HOST}_TOKEN']\n")
    plans = [json.loads(out) for _, out, _ in execute(app, "shield", "plan", "--json")]
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
def test_exit_codes(app, arguments):
    subprocess.run(["git", "init", "-q"], cwd=app, check=True)
    subprocess.run(["git", "add", "-f", "."], cwd=app, check=True)
    (before, _, _), (after, _, error) = execute(app, "shield", *arguments)
    assert "internal error" not in error
    assert before == after
