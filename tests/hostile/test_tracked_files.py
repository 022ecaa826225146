"""A file that git tracks is scanned, even if a .gitignore of the repository names it."""

from __future__ import annotations

import json

import pytest
from hostile_git import git
from hostile_text import shield

PASSWORD = "Tr0ub4dor" + "-k9Zq7"


@pytest.fixture
def app(tmp_path):
    folder = tmp_path / "app"
    for name in ("conf/keys.py", "hidden/deep/secret.py", "local.py", "untracked.py"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'API_PASSWORD = "{PASSWORD}"\n')
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "conf", "hidden", "local.py")
    git(folder, "commit", "-q", "-m", "first")
    (folder / ".gitignore").write_text("keys.py\nhidden/\n*.py\n")
    (folder / "conf/.gitignore").write_text("*\n")
    return folder


def found(app, *arguments):
    done = shield(app, "scan", "--format", "json", *arguments)
    assert done.returncode == 1, done.stderr
    return sorted({finding["path"] for finding in json.loads(done.stdout)["findings"]})


def test_scans_tracked_files_that_gitignore_names(app):
    assert found(app) == ["conf/keys.py", "hidden/deep/secret.py", "local.py"]


def test_scans_tracked_files_of_a_subfolder(app):
    (app / "hidden/.gitignore").write_text("deep/\n")
    assert found(app, "hidden") == ["deep/secret.py"]


def test_a_deleted_file_is_not_an_error(app):
    (app / "local.py").unlink()
    assert found(app) == ["conf/keys.py", "hidden/deep/secret.py"]


def test_a_submodule_is_not_a_file(app):
    (app / "sub").mkdir()
    head = git(app, "rev-parse", "HEAD")
    git(app, "update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    (app / ".gitignore").write_text("sub\n")
    assert "untracked.py" in found(app)
    assert not any(path.startswith("sub") for path in found(app))
