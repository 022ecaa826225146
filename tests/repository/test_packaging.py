"""The wheel: the same bytes each time, everything that the tool needs in it, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def build(folder):
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "--target",
        "wheel",
        "--directory",
        str(folder),
    ]
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(tmp_path_factory.mktemp("dist"))


def test_the_same_commit_gives_the_same_bytes(wheel, tmp_path):
    assert build(tmp_path).read_bytes() == wheel.read_bytes()


def test_everything_and_nothing_else_is_in_it(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src"
    files = {
        str(path.relative_to(package))
        for path in (package / "shield_ai").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files <= inside
    runtime = {
        f"shield_ai/bundled_runtime/{path.relative_to(package / 'shield_runtime')}"
        for path in (package / "shield_runtime").rglob("*.py")
    }
    assert runtime <= inside
    assert {name.split("/")[0] for name in inside - files} == {
        "shield_ai",
        "shield_ai-0.1.0.dist-info",
        "shield_ai-0.1.0.data",
    }
    assert [name for name in inside if ".data/" in name] == [
        "shield_ai-0.1.0.data/data/share/man/man1/shield.1"
    ]
    assert "shield_ai/py.typed" in inside


def test_the_tool_in_it_works(wheel, tmp_path):
    installed = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(installed)
    (tmp_path / "settings.py").write_text('import os\n\nSECRET_KEY = os.environ["SECRET_KEY"]\n')
    env = {**os.environ, "PYTHONPATH": str(installed)}
    where = "import shield_ai, shield_ai.rewrite.project.runtime_copy; print(shield_ai.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", where], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(installed))
    scan = [
        sys.executable,
        "-m",
        "shield_ai",
        "scan",
        str(tmp_path / "settings.py").rpartition("/")[0],
    ]
    assert (
        "SECRET_KEY"
        in subprocess.run(scan, env=env, capture_output=True, text=True, check=False).stdout
    )
