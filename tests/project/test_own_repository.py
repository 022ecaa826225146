from __future__ import annotations

import shutil

import pytest
from hostile_git import git

from shield_ai.model.errors import SourceError
from shield_ai.project.git_objects import staged_files
from shield_ai.project.own_repository import require_own_repository
from shield_ai.scan.git_history import scan_history


@pytest.fixture
def other(tmp_path):
    """Another repository of the user, with a commit."""
    folder = tmp_path / "other"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "settings.py").write_text("A = 1\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")
    return folder


@pytest.fixture
def app(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    return folder


def _file(app, other):
    (app / ".git").write_text(f"gitdir: {other}/.git\n")


def _file_of_a_worktree(app, other):
    git(other, "worktree", "add", "-q", "../tree")
    shutil.copy(other.parent / "tree" / ".git", app / ".git")


def _file_of_a_submodule(app, other):
    git(other, "config", "core.worktree", str(other))
    _file(app, other)


def _link(app, other):
    (app / ".git").symlink_to(other / ".git")


def _common_dir(app, other):
    git(app, "init", "-q")
    (app / ".git" / "commondir").write_text(f"{other}/.git\n")


def _linked_references(app, other):
    git(app, "init", "-q")
    for name in ("objects", "refs"):
        shutil.rmtree(app / ".git" / name)
        (app / ".git" / name).symlink_to(other / ".git" / name)


def _linked_branch(app, other):
    git(app, "init", "-q")
    (app / ".git/objects/info/alternates").write_text(f"{other}/.git/objects\n")
    (app / ".git/refs/heads/x").symlink_to(next((other / ".git/refs/heads").iterdir()))


@pytest.mark.parametrize(
    "make",
    [
        _file,
        _file_of_a_worktree,
        _file_of_a_submodule,
        _link,
        _common_dir,
        _linked_references,
        _linked_branch,
    ],
)
@pytest.mark.parametrize("read", [scan_history, staged_files])
def test_does_not_read_another_repository(app, other, make, read):
    make(app, other)
    with pytest.raises(SourceError, match=r"not its own|not in a git repository"):
        read(app)


def test_accepts_worktrees_and_submodules(app, other, monkeypatch):
    git(other, "worktree", "add", "-q", "../tree")
    git(app, "init", "-q")
    git(app, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "sub")
    (app / "folder").mkdir()
    for folder in (app, app / "folder", app / "sub", other.parent / "tree"):
        require_own_repository(folder)
    separate = other.parent / "separate"
    git(other, "init", "-q", f"--separate-git-dir={separate}")
    with pytest.raises(SourceError, match="not its own"):
        require_own_repository(other)
    monkeypatch.setenv("GIT_DIR", str(separate))
    require_own_repository(other)
