from __future__ import annotations

import os
import stat

import pytest
from disk_faults import fail_to_sync

from shield_ai.model.errors import SourceError
from shield_ai.project.safe_write import temporary_path
from shield_ai.project.tree import Tree


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def test_root_must_be_a_folder(tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        Tree(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="is not a folder"):
        Tree(tmp_path / "file")


@pytest.mark.parametrize("path", ["../x", "link/x", "out.py", "/etc/passwd"])
def test_rejects_paths_outside_the_root(tmp_path_factory, path):
    root, outside = tmp_path_factory.mktemp("app"), tmp_path_factory.mktemp("outside")
    (outside / "secret.py").write_text("x")
    (root / "link").symlink_to(outside)
    (root / "out.py").symlink_to(outside / "secret.py")
    tree = Tree(root)
    for act in (tree.read, lambda p: tree.write(p, b"new"), tree.remove):
        with pytest.raises(SourceError, match="is outside"):
            act(path)
    assert (outside / "secret.py").read_text() == "x"


def test_preserves_links_inside_the_root(tree, tmp_path):
    (tmp_path / "real.py").write_bytes(b"old")
    (tmp_path / "link.py").symlink_to("real.py")
    tree.write("link.py", b"new")
    assert (tmp_path / "link.py").is_symlink()
    assert (tmp_path / "real.py").read_bytes() == b"new"


def test_keeps_the_mode(tree, tmp_path):
    (tmp_path / "manage.py").write_bytes(b"old")
    (tmp_path / "manage.py").chmod(0o750)
    tree.write("manage.py", b"new")
    assert stat.S_IMODE((tmp_path / "manage.py").stat().st_mode) == 0o750


def test_new_files_use_the_umask(tree, tmp_path):
    old = os.umask(0o027)
    try:
        tree.write("new", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_stage_changes_nothing_until_commit(tree, tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    tree.stage("a", b"new")
    assert tree.read("a") == b"old"
    tree.discard("a")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a"]


def test_full_disk_leaves_no_temporary_file(tree, tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"old")
    fail_to_sync(monkeypatch)
    with pytest.raises(SourceError, match="No space left"):
        tree.stage("a", b"new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a"]
    assert tree.read("a") == b"old"


def test_reads_only_files(tree, tmp_path):
    assert tree.read("none") is None
    (tmp_path / "folder").mkdir()
    assert tree.read("folder") is None
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(SourceError, match="is not a regular file"):
        tree.read("fifo")


def test_writes_no_file_in_place_of_a_folder(tree, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(SourceError, match="folder is a folder, not a file"):
        tree.stage("folder", b"x")


def test_loop_of_links(tree, tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SourceError, match="is a broken symbolic link"):
        tree.read("loop")


def test_removes_only_folders_without_other_files(tree, tmp_path):
    tree.make_folder("utils")
    (tmp_path / "utils/__pycache__").mkdir()
    (tmp_path / "utils/__pycache__/x.pyc").touch()
    (tmp_path / "utils/mine").touch()
    tree.remove_folder("utils")
    assert (tmp_path / "utils/__pycache__/x.pyc").exists()
    tree.remove("utils/mine")
    tree.remove_folder("utils")
    assert not (tmp_path / "utils").exists()
    tree.remove_folder("utils")


@pytest.mark.parametrize("content", ["linked folder", "linked file", "subfolder", "source file"])
def test_keeps_folders_whose_cache_contains_other_files(tree, tmp_path, tmp_path_factory, content):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "mine.pyc").touch()
    cache = tmp_path / "utils/__pycache__"
    cache.parent.mkdir()
    if content == "linked folder":
        cache.symlink_to(outside)
    else:
        cache.mkdir()
        (cache / "a.pyc").touch()
    if content == "linked file":
        (cache / "b.pyc").symlink_to(outside / "mine.pyc")
    elif content == "subfolder":
        (cache / "b.pyc").mkdir()
    elif content == "source file":
        (cache / "b.py").touch()
    before = sorted(tmp_path.rglob("*"))
    tree.remove_folder("utils")
    assert sorted(tmp_path.rglob("*")) == before
    assert (outside / "mine.pyc").exists()


def test_folder_with_a_name_that_is_too_long(tree):
    name = "a" * 300
    assert not tree.has_folder(name)
    assert tree.missing_folders(f"{name}/b.py") == [name]
    with pytest.raises(SourceError, match="can't be created: File name too long"):
        tree.make_folder(name)


def test_missing_folders(tree):
    assert tree.missing_folders("a/b/c.py") == ["a", "a/b"]
    tree.make_folder("a")
    assert tree.missing_folders("a/b/c.py") == ["a/b"]


@pytest.mark.parametrize("path", [".git/config", "sub/.git/hooks/x", ".GIT/config"])
@pytest.mark.parametrize("action", ["read", "stage", "remove", "make_folder"])
def test_never_touches_a_git_folder(tmp_path, path, action):
    arguments = (b"x",) if action == "stage" else ()
    with pytest.raises(SourceError, match=r"inside a \.git folder"):
        getattr(Tree(tmp_path), action)(path, *arguments)


@pytest.mark.parametrize("path", ["requirements.txt", "utils/__init__.py"])
@pytest.mark.parametrize("action", ["read", "stage", "remove", "make_folder"])
def test_never_follows_a_link_into_a_git_folder(tmp_path, path, action):
    (tmp_path / ".git/hooks").mkdir(parents=True)
    (tmp_path / ".git/config").touch()
    (tmp_path / "requirements.txt").symlink_to(".git/config")
    (tmp_path / "utils").symlink_to(".git/hooks")
    arguments = (b"x",) if action == "stage" else ()
    with pytest.raises(SourceError, match=r"inside a \.git folder"):
        getattr(Tree(tmp_path), action)(path, *arguments)


def test_link_with_the_name_of_the_temporary_file_is_replaced(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    app = tmp_path / "app"
    app.mkdir()
    temporary_path(app / "settings.py").symlink_to(outside)
    Tree(app).write("settings.py", b"new")
    assert outside.read_text() == "mine"
    assert (app / "settings.py").read_bytes() == b"new"
    assert not (app / "settings.py").is_symlink()


def test_folder_that_becomes_a_link_is_not_followed(tmp_path, monkeypatch):
    """The folder is exchanged for a link between the check of the path and the write."""
    outside = tmp_path / "outside"
    outside.mkdir()
    app = tmp_path / "app"
    (app / "sub").mkdir(parents=True)
    tree = Tree(app)
    path = tree.path

    def exchange(relative):
        found = path(relative)
        if (app / "sub").is_dir() and not (app / "sub").is_symlink():
            resolved = found.resolve()
            (app / "sub").rmdir()
            (app / "sub").symlink_to(outside)
            return resolved
        return found

    monkeypatch.setattr(tree, "path", exchange)
    with pytest.raises((SourceError, ValueError)):
        tree.write("sub/settings.py", b"new")
    assert list(outside.iterdir()) == []


def test_reads_the_configuration_of_the_repository(tmp_path):
    app = tmp_path / "repository" / "src" / "app"
    app.mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "repository", tmp_path / "repository" / "src"):
        (folder / "ruff.toml").write_text(folder.name)
    tree = Tree(app)
    assert tree.read("../ruff.toml") is None  # no repository
    (tmp_path / "repository" / ".git").mkdir()
    assert tree.read("../ruff.toml") == b"src"
    assert tree.read("../../ruff.toml") == b"repository"
    assert tree.read("../../../ruff.toml") is None
    assert Tree(tmp_path / "repository").read("../ruff.toml") is None
    (tmp_path / "repository" / "tox.ini").symlink_to(app.parent / "ruff.toml")
    assert tree.read("../../tox.ini") is None
    assert tree.read("../src/ruff.toml") is None
    with pytest.raises(SourceError, match="is outside"):
        tree.read("../other.toml")


def test_reads_the_workflows_of_the_repository(tmp_path):
    app = tmp_path / "src/app"
    workflows = tmp_path / ".github/workflows"
    for folder in (app, workflows, tmp_path / ".git"):
        folder.mkdir(parents=True)
    (workflows / "ci.yml").write_bytes(b"on: push\n")
    (app.parent / "notes.yml").touch()
    tree = Tree(app)
    assert tree.read("../../.github/workflows/ci.yml") == b"on: push\n"
    assert tree.read("../.github/workflows/ci.yml") is None
    for path in ("../../.github/workflows/../workflows/ci.yml", "../notes.yml"):
        with pytest.raises(SourceError, match="is outside"):
            tree.read(path)
    workflows.rename(tmp_path / "elsewhere")
    for target in (tmp_path / "elsewhere", workflows):
        workflows.unlink(missing_ok=True)
        workflows.symlink_to(target)
        assert tree.read("../../.github/workflows/ci.yml") is None
