"""The action for GitHub and the hooks for pre-commit, run as those would."""

from __future__ import annotations

import os
import secrets
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from shield_helpers import make_app

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}


@pytest.fixture
def action(tmp_path):
    """The script of the action's last step, in a runner's environment."""
    (tmp_path / "temp/shield").mkdir(parents=True)
    (tmp_path / "temp/shield/bin").symlink_to(Path(sys.executable).parent)
    app = tmp_path / "the app"
    app.mkdir()
    make_app(app)
    (script,) = [step["run"] for step in ACTION["runs"]["steps"] if step.get("id") == "scan"]

    def run(**inputs):
        given = {name: entry["default"] for name, entry in ACTION["inputs"].items()} | inputs
        names = {"FOLDER": "path", "FAIL_ON": "fail-on", "BASELINE": "baseline"}
        env = {**os.environ, **{name: given[key] for name, key in names.items()}, "RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_OUTPUT": str(tmp_path / "output"), "REPORT": str(tmp_path / "shield.sarif")}  # fmt: skip
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, (tmp_path / "output").read_text()

    return run


@pytest.mark.parametrize(("fail_on", "code"), [("low", 1), ("critical", 0), ("never", 0)])
def test_the_action_fails_from_a_severity_on(action, tmp_path, fail_on, code):
    ended, out, output = action(path="the app", **{"fail-on": fail_on})
    assert ended == code
    assert ("10 findings in 2 files" in out) == (fail_on != "never")
    assert output == f"sarif={tmp_path / 'shield.sarif'}\nfindings=10\n"
    assert (tmp_path / "shield.sarif").exists()


def test_the_action_takes_a_baseline(action, tmp_path):
    subprocess.run([sys.executable, "-m", "shield_ai", "scan", "the app", "--write-baseline", "accepted.json"], cwd=tmp_path, check=False, capture_output=True)  # fmt: skip
    ended, _, output = action(path="the app", baseline="accepted.json", **{"fail-on": "low"})
    assert (ended, output.splitlines()[-1]) == (0, "findings=0")


def test_no_input_gets_into_a_script():
    assert not [step for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")]


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_a_hook_installs_what_the_extra_does(hook):
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]["cli"]
    assert set(hook["additional_dependencies"]) <= {line.partition(";")[0] for line in extra}


def run_hook(folder, hook, *files):
    """As pre-commit does: the entry, its arguments, and the files of the commit."""
    words = [*shlex.split(HOOKS[hook]["entry"])[1:], *HOOKS[hook].get("args", ())]
    names = files if HOOKS[hook].get("pass_filenames", True) else ()
    command = [sys.executable, "-m", "shield_ai", *words, *names]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_stops_a_commit(tmp_path, hook):
    make_app(tmp_path)
    settings = tmp_path / "shop/settings.py"
    settings.write_text(
        settings.read_text() + f"\nSTRIPE_SECRET_KEY = 'sk_live_{secrets.token_hex(12)}'\n"
    )
    done = run_hook(tmp_path, hook, "shop/settings.py", "manage.py")
    assert done.returncode == 1, done.text
    assert "SECRET_KEY" in done.stdout


def test_the_scan_lets_a_clean_commit_pass(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    assert run_hook(tmp_path, "shield-scan", "a.py").returncode == 0
