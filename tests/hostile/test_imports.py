"""The GitHub Action and the fleet import nothing from the folder that they scan or run in."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import shield_ai
from shield_ai.flow import fleet
from shield_ai.project.repository_list import Repository

ROOT = Path(__file__).parents[2]
MODULES = ("json", "msgspec", "shield_ai", "venv", "pip", "subprocess", "sitecustomize", "re")


@pytest.fixture
def workspace(tmp_path):
    """A repository with modules that leave a marker when they are imported."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    code = f"open({str(tmp_path / 'marker')!r}, 'w').close()\nraise SystemExit(9)\n"
    for name in MODULES:
        (folder / f"{name}.py").write_text(code)
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(code)
        (folder / name / "__main__.py").write_text(code)
    (folder / "settings.py").write_text('import os\nSECRET_KEY = os.environ["SECRET_KEY"]\n')
    return folder


def test_fleet_imports_nothing_of_a_repository(tmp_path, workspace, monkeypatch):
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("PYTHONPATH", str(workspace))
    for repository in (str(workspace), "."):
        outcome = fleet.scan_repository(Repository(repository), None, 60.0)
        assert outcome.error == ""
        assert sum(outcome.found.values()) > 0
    assert not (tmp_path / "marker").exists()


def _python_commands():
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    for step in action["runs"]["steps"]:
        for line in step.get("run", "").splitlines():
            if re.search(r'"\$PYTHON"|bin/python"', line):
                yield line


def test_every_python_of_the_action_is_isolated():
    lines = list(_python_commands())
    assert len(lines) == 3
    for line in lines:
        assert re.search(r'(\$PYTHON|bin/python)" -I -[mc] ', line), line


def test_action_installs_only_what_its_lock_file_names():
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    lines = [line.split() for step in steps for line in step.get("run", "").splitlines()]
    installs = [line[1:] for line in lines if line[:1] == ["install"]]
    assert installs == [
        ["--require-hashes", "-r", '"$ACTION/requirements/scan.lock"'],
        ["--no-deps", "--no-build-isolation", '"$ACTION"'],
    ]


def test_action_counts_the_findings_in_a_hostile_workspace(tmp_path, workspace):
    """Run the scan step with its real script, and an installed shield."""
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    script = next(step["run"] for step in steps if step.get("id") == "scan")
    programs = tmp_path / "runner/shield/bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    package = str(Path(shield_ai.__file__).parents[1])
    start = f"import sys; sys.path.insert(0, {package!r}); from shield_ai.__main__ import main"
    (programs / "shield").write_text(
        f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -c "
        + shlex.quote(f"{start}; sys.exit(main())")
        + ' "$@"\n'
    )
    for program in programs.iterdir():
        program.chmod(0o755)
    options = workspace / "--fail-on=critical"
    options.mkdir()
    (options / "settings.py").write_text('import os\nSECRET_KEY = os.environ["SECRET_KEY"]\n')
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "RUNNER_TEMP": str(tmp_path / "runner"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "FOLDER": options.name,
        "FAIL_ON": "never",
        "BASELINE": "",
        "UPLOAD": "true",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "job.md"),
        "REPORT": str(tmp_path / "report.sarif"),
        "SUMMARY": str(tmp_path / "summary.md"),
    }
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=workspace,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "marker").exists()
    results = json.loads((tmp_path / "report.sarif").read_text())["runs"][0]["results"]
    assert f"findings={len(results)}" in (tmp_path / "output").read_text()
    assert len(results) == 2


def test_hook_passes_file_names_after_the_options():
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    for hook in hooks:
        words = shlex.split(hook["entry"]) + hook.get("args", [])
        assert hook.get("pass_filenames") is False or words[-1] == "--", hook["id"]
