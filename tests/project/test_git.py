from __future__ import annotations

import subprocess

import pytest

from shield_ai.model.errors import SourceError
from shield_ai.project.git import (
    GitState,
    changed_files,
    checked_out_commit,
    files_around,
    git_state,
    ignore_pattern,
    ignored_files,
    is_local,
    remote_name,
)


def git(root, *arguments):
    command = [
        "git",
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.test",
        "-c",
        "commit.gpgsign=false",
        *arguments,
    ]
    subprocess.run(command, cwd=root, check=True, capture_output=True)


def test_changed_files(tmp_path):
    app = tmp_path / "backend"
    app.mkdir()
    for path in ("backend/a.py", "backend/b é.py", "top.py"):
        (tmp_path / path).write_text("1\n")
    assert changed_files(app) == []  # no repository
    git(tmp_path, "init", "-q")
    assert changed_files(app) == []  # no commit
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "x")
    assert changed_files(app) == []
    for path in ("backend/b é.py", "top.py", "backend/new.py"):
        (tmp_path / path).write_text("2\n")
    assert changed_files(app) == ["b é.py"]
    (app / "a.py").unlink()
    assert changed_files(app) == ["a.py", "b é.py"]


def test_links_are_compared_as_they_are_written(tmp_path):
    for name, target in {"a": "./gone", "b": "gone/", "c": "x//gone"}.items():
        (tmp_path / name).symlink_to(target)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "x")
    assert changed_files(tmp_path) == []
    (tmp_path / "b").unlink()
    (tmp_path / "b").symlink_to("gone")
    assert changed_files(tmp_path) == ["b"]


def test_files_around_a_sparse_checkout_are_unchanged(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.py").write_text("1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "x")
    git(tmp_path, "sparse-checkout", "set", "a")
    assert not (tmp_path / "b/x.py").exists()
    assert changed_files(tmp_path) == []
    (tmp_path / "b").mkdir(exist_ok=True)
    (tmp_path / "b/x.py").write_text("2\n")
    assert changed_files(tmp_path) == ["b/x.py"]


def test_git_state(tmp_path):
    assert git_state(tmp_path, ".env") is GitState.NO_REPOSITORY
    git(tmp_path, "init", "-q")
    assert git_state(tmp_path, ".env") is GitState.NOT_IGNORED
    (tmp_path / ".gitignore").write_text(".env\n")
    assert git_state(tmp_path, ".env") is GitState.IGNORED
    (tmp_path / ".env").touch()
    git(tmp_path, "add", "-f", ".env")
    assert git_state(tmp_path, ".env") is GitState.TRACKED
    assert git_state(tmp_path, "./.env") is GitState.TRACKED


@pytest.mark.parametrize("name", ["[a].env", "*.env", ":a.env"])
def test_names_are_no_patterns(tmp_path, name):
    git(tmp_path, "init", "-q")
    (tmp_path / "a.env").touch()
    git(tmp_path, "add", "a.env")
    assert git_state(tmp_path, name) is not GitState.TRACKED
    (tmp_path / name).touch()
    git(tmp_path, "--literal-pathspecs", "add", name)
    assert git_state(tmp_path, name) is GitState.TRACKED


def test_ignore_pattern(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("# ours\n_*\n")
    assert ignore_pattern(tmp_path, "shop/_copy/a.py") == ".gitignore:2: _*"
    assert ignore_pattern(tmp_path, "shop/a.py") == ""
    (tmp_path / ".gitignore").write_text("_*\n!_copy\na:1:b\n")
    assert ignore_pattern(tmp_path, "_copy") == ""
    assert ignore_pattern(tmp_path, "a:1:b") == ".gitignore:3: a:1:b"


def test_ignored_files(tmp_path):
    paths = ["é/secrets.py", "shop/secrets.py", "shop/new.py"]
    app = tmp_path / "app"
    app.mkdir()
    assert ignored_files(app, paths) == []  # no repository
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("secrets.*\n")
    assert ignored_files(app, paths) == ["shop/secrets.py", "é/secrets.py"]
    assert ignored_files(app, []) == ignored_files(app, ["shop/new.py"]) == []
    quoted = 'a "b"/secrets.py'
    assert ignored_files(app, [quoted]) == [quoted]
    (tmp_path / ".gitignore").write_text("app/\n")  # the whole app
    assert ignored_files(app, paths) == []


def test_files_around(tmp_path):
    app = tmp_path / "app"
    app.mkdir()
    assert files_around(app, ["API_KEY"]) == []  # no repository
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "grep.fullName", "true")
    for name in ("compose.yml", "other.yml", "untracked.yml", "app/compose.yml"):
        (tmp_path / name).write_text("NO_API_KEY\n" if name == "other.yml" else "a: $API_KEY\n")
    git(tmp_path, "add", "compose.yml", "other.yml", "app")
    assert files_around(app, ["API_KEY", "X"]) == ["../compose.yml"]
    assert files_around(app, []) == files_around(tmp_path, ["API_KEY"]) == []
    assert files_around(app, ["NOWHERE"]) == []
    git(tmp_path, "config", "core.repositoryFormatVersion", "99")
    assert files_around(app, ["API_KEY"]) is None


def test_unreadable_repository(tmp_path):
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.repositoryFormatVersion", "99")
    app = tmp_path / "app"
    app.mkdir()
    assert git_state(app, ".env") is GitState.UNKNOWN
    with pytest.raises(SourceError, match="git can't read the repository"):
        changed_files(app)


def test_changed_files_are_not_compared_through_linked_folders(tmp_path):
    app, other = tmp_path / "app", tmp_path / "other"
    (app / "d").mkdir(parents=True)
    (app / "d/a.py").write_text("A = 1\n")
    git(app, "init", "-q")
    git(app, "add", "-A")
    git(app, "commit", "-q", "-m", "x")
    (app / "d").rename(other)
    (app / "d").symlink_to("../other")
    assert changed_files(app) == ["d/a.py"]


def test_checked_out_commit(tmp_path):
    assert checked_out_commit(tmp_path) == ""
    git(tmp_path, "init", "-q")
    assert checked_out_commit(tmp_path) == ""
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "x")
    assert len(checked_out_commit(tmp_path)) == 12


@pytest.mark.parametrize(
    ("url", "name", "local"),
    [
        ("https://user:token@Git.Example.com/team/shop.git", "git.example.com/team/shop", False),
        ("git@git.example.com:team/shop.git", "git.example.com/team/shop", False),
        ("ssh://git@git.example.com/team/shop/", "git.example.com/team/shop", False),
        ("file:///home/ann/shop.git", "/home/ann/shop", True),
        ("/home/ann/shop", "/home/ann/shop", True),
        ("../shop", "../shop", True),
        ("~/shop", "~/shop", True),
        ("C:/Users/ann/shop", "c//users/ann/shop", True),
        ("file://localhost/home/ann", "localhost/home/ann", True),
        ("http://localhost:3000/team/shop", "localhost:3000/team/shop", False),
        ("", "", True),
    ],
)
def test_remote_name(tmp_path, url, name, local):
    git(tmp_path, "init", "-q")
    if url:
        git(tmp_path, "config", "remote.origin.url", url)
    assert (remote_name(tmp_path), is_local(name)) == (name, local)
