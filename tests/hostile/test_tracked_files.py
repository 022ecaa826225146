"""A file that git tracks is scanned, even if a .gitignore of the repository names it."""

from __future__ import annotations

import hashlib
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


@pytest.mark.parametrize("patterns", [".git/info/exclude", ".gitignore"])
def test_a_file_that_is_ignored_outside_the_folder_is_scanned_once(app, patterns):
    (app / patterns).write_text("secret.py\n")
    (app / "hidden/.gitignore").write_text("*.log\n")
    (app / "hidden/a.log").touch()
    done = shield(app, "scan", "--format", "json", "hidden")
    paths = [finding["path"] for finding in json.loads(done.stdout)["findings"]]
    assert paths.count("deep/secret.py") == 1


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


def test_a_name_that_is_too_long_is_not_an_error(app):
    blob = git(app, "hash-object", "-w", "local.py")
    git(app, "update-index", "--add", "--cacheinfo", f"100644,{blob},{'q' * 300}.py")
    (app / ".gitignore").write_text("*.py\n")
    assert "hidden/deep/secret.py" in found(app)


def track(folder, path):
    """Add a path to the index, even one that git refuses."""
    accepted = "q" * len(path)
    blob = git(folder, "hash-object", "-w", "local.py")
    git(folder, "update-index", "--add", "--cacheinfo", f"100644,{blob},{accepted}")
    index = folder / ".git/index"
    content = index.read_bytes()[:-20].replace(accepted.encode(), path.encode())
    index.write_bytes(content + hashlib.sha1(content, usedforsecurity=False).digest())


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("../outside/secret.py", id="parent"),
        pytest.param("/OUTSIDE/secret.py", id="absolute"),
        pytest.param("/APP/hidden/deep/secret.py", id="absolute in the folder"),
        pytest.param("hidden/../../outside/secret.py", id="parent of a folder"),
        pytest.param("hidden/../hidden/deep/secret.py", id="back into the folder"),
        pytest.param("link/secret.py", id="linked folder"),
        pytest.param("link/deep/secret.py", id="folder in a linked folder"),
        pytest.param("inner/secret.py", id="linked folder in the app"),
        pytest.param(".git/secret.py", id="git"),
        pytest.param("hidden/.GIT/secret.py", id="git of a folder"),
    ],
)
def test_does_not_read_what_a_hostile_index_names(app, tmp_path, path):
    for folder in (
        tmp_path / "outside/deep",
        tmp_path / "outside",
        app / ".git",
        app / "hidden/.GIT",
    ):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "secret.py").write_text(f'API_PASSWORD = "{PASSWORD}"\n')
    (app / "link").symlink_to("../outside")
    (app / "inner").symlink_to("hidden/deep")
    path = path.replace("/OUTSIDE", str(tmp_path / "outside")).replace("/APP", str(app))
    track(app, path)
    assert path in git(app, "ls-files", "--cached", "--ignored", "--exclude-standard")
    assert found(app) == ["conf/keys.py", "hidden/deep/secret.py", "local.py"]
