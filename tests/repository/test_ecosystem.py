"""Tests of the GitHub action and the pre-commit hooks."""

from __future__ import annotations

import os
import secrets
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from shield_helpers import make_app

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}


@pytest.fixture
def action(tmp_path):
    """Run the scan step of the action; returns its exit code, stdout and step outputs."""
    (tmp_path / "temp/shield").mkdir(parents=True)
    (tmp_path / "temp/shield/bin").symlink_to(Path(sys.executable).parent)
    app = tmp_path / "the app"
    app.mkdir()
    make_app(app)
    (script,) = [step["run"] for step in ACTION["runs"]["steps"] if step.get("id") == "scan"]
    defaults = {name: entry["default"] for name, entry in ACTION["inputs"].items()}

    def run(**inputs):
        values = defaults | inputs
        env = {
            **os.environ,
            "FOLDER": values["path"],
            "FAIL_ON": values["fail-on"],
            "BASELINE": values["baseline"],
            "RUNNER_TEMP": str(tmp_path / "temp"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "REPORT": str(tmp_path / "shield.sarif"),
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, (tmp_path / "output").read_text()

    return run


@pytest.mark.parametrize(("fail_on", "code"), [("low", 1), ("critical", 0), ("never", 0)])
def test_action_fails_from_a_severity(action, tmp_path, fail_on, code):
    exit_code, stdout, output = action(path="the app", **{"fail-on": fail_on})
    assert exit_code == code
    assert ("10 findings in 2 files" in stdout) == (fail_on != "never")
    assert output == f"sarif={tmp_path / 'shield.sarif'}\nfindings=10\n"
    assert (tmp_path / "shield.sarif").exists()


def test_action_accepts_a_baseline(action, tmp_path):
    command = [sys.executable, "-m", "shield_ai", "scan", "the app", "--write-baseline", "accepted"]
    subprocess.run(command, cwd=tmp_path, check=False, capture_output=True)
    exit_code, _, output = action(path="the app", baseline="accepted", **{"fail-on": "low"})
    assert exit_code == 0
    assert output.splitlines()[-1] == "findings=0"


def test_action_scripts_contain_no_expressions():
    assert not [step for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")]


def run_hook(folder, hook, *files):
    """Run a hook as pre-commit does: the entry, its arguments, and the files of the commit."""
    entry = [*shlex.split(HOOKS[hook]["entry"])[1:], *HOOKS[hook].get("args", ())]
    names = files if HOOKS[hook].get("pass_filenames", True) else ()
    command = [sys.executable, "-m", "shield_ai", *entry, *names]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_rejects_a_commit_with_a_secret(tmp_path, hook):
    make_app(tmp_path)
    settings = tmp_path / "shop/settings.py"
    secret = f"\nSTRIPE_SECRET_KEY = 'sk_live_{secrets.token_hex(12)}'\n"
    settings.write_text(settings.read_text() + secret)
    done = run_hook(tmp_path, hook, "shop/settings.py", "manage.py")
    assert done.returncode == 1, done.stderr
    assert "SECRET_KEY" in done.stdout


def test_hook_accepts_a_commit_without_secrets(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    assert run_hook(tmp_path, "shield-scan", "a.py").returncode == 0
