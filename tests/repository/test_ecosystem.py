"""Tests of the GitHub action and the pre-commit hooks."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from shield_helpers import make_app

from shield_ai.model.addresses import REPOSITORY

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}


def script(step_id):
    (run,) = [step["run"] for step in ACTION["runs"]["steps"] if step.get("id") == step_id]
    return run


@pytest.fixture
def action(tmp_path):
    """Run the steps of the action that have scripts, except the installation, as GitHub does."""
    (tmp_path / "temp/shield").mkdir(parents=True)
    (tmp_path / "temp/shield/bin").symlink_to(Path(sys.executable).parent)
    workspace = tmp_path / "workspace"
    app = workspace / "the app"
    app.mkdir(parents=True)
    make_app(app)
    outputs = [tmp_path / "output", tmp_path / "summary"]
    defaults = {name: entry["default"] for name, entry in ACTION["inputs"].items()}

    def run(**inputs):
        """Return the exit code, standard output, the step's outputs and the job's summary."""
        values = defaults | inputs
        for path in outputs:
            path.write_text("")
        env = {
            **os.environ,
            "FOLDER": values["path"],
            "FAIL_ON": values["fail-on"],
            "BASELINE": values["baseline"],
            "UPLOAD": values["upload"],
            "GITHUB_WORKSPACE": str(workspace),
            "RUNNER_TEMP": str(tmp_path / "temp"),
            "GITHUB_OUTPUT": str(outputs[0]),
            "GITHUB_STEP_SUMMARY": str(outputs[1]),
            "REPORT": str(tmp_path / "temp/shield.sarif"),
            "SUMMARY": str(tmp_path / "temp/shield.md"),
        }
        for step in ("inputs", "scan"):
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script(step)]
            done = subprocess.run(
                command, cwd=workspace, env=env, capture_output=True, text=True, check=False
            )
            if done.returncode:
                break
        return done.returncode, done.stdout, *(path.read_text() for path in outputs)

    return run


@pytest.mark.parametrize(("fail_on", "code"), [("low", 1), ("critical", 0), ("never", 0)])
def test_action_fails_from_a_severity(action, tmp_path, fail_on, code):
    exit_code, stdout, output, summary = action(path="the app", **{"fail-on": fail_on})
    assert exit_code == code
    assert "10 findings in 2 files" in stdout
    assert output == f"sarif={tmp_path / 'temp/shield.sarif'}\nfindings=10\n"
    assert json.loads((tmp_path / "temp/shield.sarif").read_text())["runs"]
    assert "| severity | where | what |" in summary
    assert summary.count("`the app/") == 10


def test_action_accepts_a_baseline(action, tmp_path):
    command = [sys.executable, "-m", "shield_ai", "scan", "the app", "--write-baseline", "accepted"]
    subprocess.run(command, cwd=tmp_path / "workspace", check=False, capture_output=True)
    exit_code, _, output, summary = action(
        path="the app", baseline="accepted", **{"fail-on": "low"}
    )
    assert exit_code == 0
    assert output.splitlines()[-1] == "findings=0"
    assert summary == "### Secrets\n\nno findings\n"


def test_action_annotates_if_it_does_not_upload(action):
    exit_code, stdout, *_ = action(path="the app", upload="false")
    assert exit_code == 0
    assert stdout.count("::error file=the app/") == sum(
        line.startswith("::error ") for line in stdout.splitlines()
    )
    assert "::warning file=the app/" in stdout


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        pytest.param(
            {"fail-on": "hihg"},
            "fail-on is 'hihg'; use low, medium, high, critical or never",
            id="severity",
        ),
        pytest.param({"upload": "yes"}, "upload is 'yes'; use true or false", id="upload"),
        pytest.param({"path": "none"}, "path is 'none', which is not a folder", id="no folder"),
        pytest.param({"path": ".."}, "path is '..', which is outside the workspace", id="parent"),
        pytest.param({"path": "/usr"}, "path is '/usr', which is outside", id="absolute"),
        pytest.param({"path": "link"}, "path is 'link', which is outside", id="link"),
        pytest.param({"path": "-"}, "path is '-', which is not a folder", id="standard input"),
        pytest.param(
            {"upload": "%\n::error::x"}, "upload is '%25%0A::error::x'; use", id="command"
        ),
    ],
)
def test_action_rejects_inputs(action, tmp_path, inputs, message):
    (tmp_path / "workspace/link").symlink_to("/usr")
    exit_code, stdout, output, summary = action(**inputs)
    assert exit_code == 1
    assert stdout.startswith(f"::error title=Shield AI::{message}")
    assert stdout.count("\n") == 1
    assert output == summary == ""


def test_action_fails_if_the_scan_fails(action):
    exit_code, _, output, summary = action(path="the app", baseline="none")
    assert exit_code == 2
    assert output == summary == ""


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


def test_hook_takes_no_file_name_for_an_option(tmp_path):
    (tmp_path / "-o").write_text("x = 1\n")
    (tmp_path / "a.py").write_text("x = 1\n")
    done = run_hook(tmp_path, "shield-scan", "-o", "a.py")
    assert (done.returncode, done.stdout) == (0, "no findings\n")
    assert (tmp_path / "a.py").read_text() == "x = 1\n"


def test_hook_accepts_a_commit_without_secrets(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    assert run_hook(tmp_path, "shield-scan", "a.py").returncode == 0


@pytest.fixture
def gitlab_job():
    """Return the inputs of the GitLab template, and its job with the defaults."""
    text = (ROOT / "templates/scan.yml").read_text()
    header, jobs = yaml.safe_load_all(text)
    inputs = header["spec"]["inputs"]
    jobs_text = text.partition("\n---\n")[2]
    assert set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", jobs_text)) == set(inputs)
    assert list(jobs) == ["shield-scan"]
    values = {name: entry["default"] for name, entry in inputs.items()}
    return yaml.safe_load(
        re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda match: values[match[1]], jobs_text)
    )["shield-scan"]


@pytest.mark.parametrize(("fail_on", "code"), [("medium", 1), ("high", 0)])
def test_gitlab_job(gitlab_job, tmp_path, fail_on, code):
    app = tmp_path / "the app"
    app.mkdir()
    make_app(app)
    (tmp_path / "bin").symlink_to(Path(sys.executable).parent)
    variables = {
        "SHIELD_VENV": str(tmp_path),
        "SHIELD_FOLDER": "the app",
        "SHIELD_FAIL_ON": fail_on,
    }
    assert set(variables) < set(gitlab_job["variables"])
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(gitlab_job["script"])],
        cwd=tmp_path, env={**os.environ, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "10 findings in 2 files" in done.stdout
    report = tmp_path / gitlab_job["artifacts"]["reports"]["codequality"]
    issues = json.loads(report.read_text())
    assert {issue["location"]["path"] for issue in issues} == {
        "the app/.env",
        "the app/shop/settings.py",
    }
    assert gitlab_job["artifacts"]["when"] == "always"  # also of a job that fails


def test_gitlab_job_inserts_inputs_only_into_variables(gitlab_job):
    scripts = yaml.safe_load_all((ROOT / "templates/scan.yml").read_text())
    job = list(scripts)[1]["shield-scan"]
    assert "$[[" not in "".join([*job["before_script"], *job["script"]])


def test_examples_name_this_version(gitlab_job):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert gitlab_job["variables"]["SHIELD_VERSION"] == version
    guide = (ROOT / "docs/guides/ci.md").read_text()
    assert set(re.findall(r"\bv(\d+\.\d+\.\d+)\b", guide)) == {version}
    assert f"shield-ai/shield-ai@v{version}" in guide
    assert f"{REPOSITORY.rpartition('/')[2]}/v{version}/templates/scan.yml" in guide
    assert f"repo: {REPOSITORY}\n" in guide
