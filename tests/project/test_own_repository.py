from __future__ import annotations

import shutil

import pytest
from hostile_git import git

from shield_ai.model.errors import SourceError
from shield_ai.project.git_index import staged_files
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


def _file_of_a_worktree_in_a_loop(app, other):
    _file_of_a_worktree(app, other)
    (app / "loop").symlink_to("loop")
    (other / ".git/worktrees/tree/gitdir").write_text(f"{app}/loop/.git\n")


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


def _alternates(app, other):
    git(app, "init", "-q")
    (app / ".git/objects/info/alternates").write_text("../../../other/.git/objects\n")
    head = git(other, "rev-parse", "HEAD")
    (app / ".git/refs/heads/main").write_text(f"{head}\n")


def _linked_alternates(app, other):
    git(app, "init", "-q")
    (other / "list").write_text(f"{other}/.git/objects\n")
    (app / ".git/objects/info/alternates").symlink_to(other / "list")


def _linked_index(app, other):
    git(app, "init", "-q")
    (app / ".git/index").symlink_to(other / ".git/index")


def _linked_object(app, other):
    git(app, "init", "-q")
    folder = next((other / ".git/objects").glob("??"))
    (app / ".git/objects" / folder.name).mkdir()
    path = next(folder.iterdir())
    (app / ".git/objects" / folder.name / path.name).symlink_to(path)


def _linked_packs(app, other):
    git(app, "init", "-q")
    (app / ".git/objects/pack").rmdir()
    (app / ".git/objects/pack").symlink_to(other / ".git/objects/pack")


def _linked_folder_with_links(app, other):
    git(app, "init", "-q")
    (app / ".git/objects/pack").rmdir()
    (app / ".git/objects/pack").symlink_to("../stash")
    (app / ".git/stash").mkdir()
    (app / ".git/stash/x.pack").symlink_to(other / "settings.py")


@pytest.mark.parametrize(
    "make",
    [
        _file,
        _file_of_a_worktree,
        _file_of_a_worktree_in_a_loop,
        _file_of_a_submodule,
        _link,
        _common_dir,
        _linked_references,
        _linked_branch,
        _alternates,
        _linked_alternates,
        _linked_index,
        _linked_object,
        _linked_packs,
        _linked_folder_with_links,
    ],
)
@pytest.mark.parametrize("read", [scan_history, staged_files])
def test_does_not_read_another_repository(app, other, make, read):
    make(app, other)
    with pytest.raises(
        SourceError, match=r"points to another git repository|not in a git repository"
    ):
        read(app)


def test_names_what_leads_elsewhere_and_accepts_git_dir(app, other, monkeypatch):
    _alternates(app, other)
    with pytest.raises(SourceError, match=r"\.git/objects/info/alternates points to another"):
        require_own_repository(app)
    monkeypatch.setenv("GIT_DIR", str(app / ".git"))
    require_own_repository(app)


def test_accepts_worktrees_and_submodules(app, other, monkeypatch):
    git(other, "worktree", "add", "-q", "../tree")
    git(app, "init", "-q")
    git(app, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "sub")
    (app / "folder").mkdir()
    for folder in (app, app / "folder", app / "sub", other.parent / "tree"):
        require_own_repository(folder)
    (other / ".git/objects/info/alternates").write_text("# none\n\n")
    (other / ".git/HEAD").rename(other / ".git/refs/head")
    (other / ".git/HEAD").symlink_to("refs/head")
    (other / ".git/refs/loop").symlink_to("loop")
    require_own_repository(other)
    separate = other.parent / "separate"
    git(other, "init", "-q", f"--separate-git-dir={separate}")
    with pytest.raises(SourceError, match="points to another git repository"):
        require_own_repository(other)
    monkeypatch.setenv("GIT_DIR", str(separate))
    require_own_repository(other)
