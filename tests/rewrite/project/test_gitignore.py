from __future__ import annotations

import pytest
from fixer_helpers import manifest, run

from shield_ai.rewrite.project import gitignore
from shield_ai.rewrite.project.fixer import AppFiles, DotenvFiles, FixContext

DOTENV = b"# The values of secrets for development\n.env\n"
ADDED = b"# Backups of `shield apply`\n*.shield_ai_backup\n"


def fix(files, **app):
    return run(gitignore.fix(FixContext(files.get, manifest(), AppFiles(**app))), files)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, {}, id="no git"),
        pytest.param({".gitignore": b".env\n"}, {".gitignore": b".env\n\n" + ADDED}, id="added"),
        pytest.param({".gitignore": b""}, {".gitignore": ADDED}, id="empty"),
        pytest.param(
            {".gitignore": b".env"}, {".gitignore": b".env\n\n" + ADDED}, id="no final newline"
        ),
        pytest.param(
            {".gitignore": b".env\r\n"},
            {".gitignore": b".env\r\n\r\n" + ADDED.replace(b"\n", b"\r\n")},
            id="crlf",
        ),
        pytest.param(
            {".gitignore": b"*.shield_ai_backup\r\n.env"},
            {".gitignore": b"*.shield_ai_backup\r\n.env"},
            id="already listed",
        ),
        pytest.param(
            {".gitignore": b"#*.shield_ai_backup\n"},
            {".gitignore": b"#*.shield_ai_backup\n\n" + ADDED},
            id="only in a comment",
        ),
        pytest.param(
            {".gitignore": b"# Python\n*.pyc\n\n# Editors\n.idea/\n"},
            {".gitignore": b"# Python\n*.pyc\n\n# Editors\n.idea/\n\n" + ADDED},
            id="sections",
        ),
    ],
)
def test_adds_pattern_once(before, after):
    files = dict(before)
    for _ in range(2):
        assert not fix(files)
        assert files == after


@pytest.mark.parametrize(
    ("files", "added"),
    [
        pytest.param([".gitignore", "web/.gitignore"], [".gitignore"], id="root"),
        pytest.param(["api/.gitignore", "web/.gitignore"], ["api/.gitignore"], id="nearest"),
        pytest.param(["web/.gitignore"], [".gitignore"], id="other folder"),
        pytest.param([], [".gitignore"], id="repository above the app"),
    ],
)
def test_covers_every_edited_file(files, added):
    contents = dict.fromkeys(files, b".env\n")
    edited = ["api/app/settings.py", "api/worker.py"]
    for _ in range(2):
        assert not fix(contents, edited=edited, in_git=True)
    changed = [path for path, raw in contents.items() if b"*.shield_ai_backup\n" in raw]
    assert changed == added
    assert all(raw.count(ADDED) <= 1 for raw in contents.values())


def test_creates_no_file_outside_git():
    files = {}
    assert not fix(files, edited=["api/settings.py"])
    assert files == {}


def test_changes_nothing_if_git_ignores_backups_already():
    files = {".gitignore": b"*_backup\n"}
    assert not fix(files, edited=["api/settings.py"], in_git=True, ignores_backups=True)
    assert files == {".gitignore": b"*_backup\n"}


def test_leaves_a_file_that_docker_reads_too():
    files = {".gitignore": b"*.pyc\n"}
    assert not fix(files, edited=["settings.py"], in_git=True, shares_ignore_file=True)
    assert files == {".gitignore": b"*.pyc\n"}


@pytest.mark.parametrize(
    ("before", "app", "after"),
    [
        pytest.param({}, {}, {".gitignore": DOTENV + b"\n" + ADDED}, id="new file"),
        pytest.param(
            {".gitignore": b"*.pyc\n"},
            {"ignores_backups": True},
            {".gitignore": b"*.pyc\n\n" + DOTENV},
            id="backups are ignored",
        ),
        pytest.param(
            {"api/.gitignore": b""},
            {"edited": ["api/settings.py"]},
            {".gitignore": DOTENV + b"\n" + ADDED, "api/.gitignore": b""},
            id="another .gitignore",
        ),
    ],
)
def test_ignores_an_env_file_that_git_would_add(before, app, after):
    files = dict(before)
    app = {"edited": ["settings.py"], "in_git": True, **app}
    for _ in range(2):
        assert not fix(files, dotenv_files=DotenvFiles(is_exposed=True), **app)
        assert files == after
