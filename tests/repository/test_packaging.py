"""Tests of the wheel of shield-ai."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src"
MAN_PAGE = "shield_ai-0.1.0.data/data/share/man/man1/shield.1"


def build(folder, source=ROOT):
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(
        [*command, "--directory", str(folder)], cwd=source, env=env, check=True, capture_output=True
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(tmp_path_factory.mktemp("dist"))


def test_build_is_reproducible(wheel, tmp_path):
    assert build(tmp_path).read_bytes() == wheel.read_bytes()


def test_wheel_contains_all_files_and_no_others(wheel):
    contents = set(zipfile.ZipFile(wheel).namelist())
    tool = set()
    for path in (SOURCES / "shield_ai").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            tool.add(str(path.relative_to(SOURCES)))
    assert "shield_ai/py.typed" in tool
    assert tool <= contents
    runtime = SOURCES / "shield_runtime"
    copies = [f"shield_ai/bundled_runtime/{p.relative_to(runtime)}" for p in runtime.rglob("*.py")]
    assert set(copies) <= contents
    assert {name.split("/")[0] for name in contents - tool} == {
        "shield_ai",
        "shield_ai-0.1.0.dist-info",
        "shield_ai-0.1.0.data",
    }
    assert [name for name in contents if ".data/" in name] == [MAN_PAGE]


def test_installed_wheel_scans(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    app = tmp_path / "app"
    app.mkdir()
    (app / "settings.py").write_text('import os\n\nSECRET_KEY = os.environ["SECRET_KEY"]\n')
    env = {**os.environ, "PYTHONPATH": str(site)}

    def run(*arguments):
        command = [sys.executable, *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False).stdout

    assert run("-c", "import shield_ai; print(shield_ai.__file__)").startswith(str(site))
    assert "SECRET_KEY" in run("-m", "shield_ai", "scan", str(app))


def test_links_of_the_readme_are_absolute(wheel):
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read("shield_ai-0.1.0.dist-info/METADATA").decode()
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    assert len(targets) > 10
    assert [target for target in targets if not target.startswith("https://")] == []


def test_dockerfile_copies_what_the_build_needs(wheel, tmp_path):
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for name in " ".join(copied).split():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, target)
    in_image = build(tmp_path / "dist", source=tmp_path)
    assert zipfile.ZipFile(in_image).namelist() == zipfile.ZipFile(wheel).namelist()
