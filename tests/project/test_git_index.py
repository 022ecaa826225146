from __future__ import annotations

import pytest
from hostile_git import git

from shield_ai.model.errors import SourceError
from shield_ai.project.git_index import staged_files, tracked_files, tracked_files_in_gitignore


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "-q")
    return tmp_path


def write(root, **files):
    for name, text in files.items():
        (root / name).write_text(text)


@pytest.mark.parametrize("name", ["[a]", "*", ":a"])
def test_names_of_tracked_files_are_no_patterns(repository, name):
    (repository / "a").touch()
    git(repository, "add", "a")
    assert tracked_files(repository, [name]) == set()
    (repository / name).touch()
    git(repository, "--literal-pathspecs", "add", name)
    assert tracked_files(repository, [name, "b"]) == {name}


def test_tracked_files_in_gitignore(repository):
    write(repository, a="1", b="1", c="1")
    git(repository, "add", "a", "b")
    (repository / ".gitignore").write_text("b\nc\n")
    assert tracked_files_in_gitignore(repository) == ["b"]


def test_staged_files(repository):
    write(repository, a="1\n", b="2\n" * 9)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "first")
    git(repository, "mv", "b", "renamed")
    write(repository, new="3\n", a="4\n", untracked="5\n")
    git(repository, "add", "a", "new")
    staged = staged_files(repository)
    assert staged.keys() == {"a", "new", "renamed"}
    assert staged["renamed"].name == staged["renamed"].old_name
    assert set(staged["new"].old_name) == {"0"}


def test_folders_outside_a_repository(tmp_path):
    assert tracked_files(tmp_path, ["a"]) == set()
    assert tracked_files_in_gitignore(tmp_path) == []
    with pytest.raises(SourceError):
        staged_files(tmp_path)


def test_unreadable_repository(repository):
    git(repository, "config", "core.repositoryFormatVersion", "99")
    assert tracked_files(repository, ["a"]) is None
    assert tracked_files_in_gitignore(repository) is None
