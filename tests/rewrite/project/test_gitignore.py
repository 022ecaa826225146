from __future__ import annotations

import pytest
from fixer_helpers import run

from shield_ai.rewrite.project import gitignore

ADDED = b"# Backups of `shield apply`\n*.shield_ai_backup\n"


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
        assert not run(gitignore.ignore_backups(files.get), files)
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
        assert not run(gitignore.ignore_backups(contents.get, edited, in_git=True), contents)
    changed = [path for path, raw in contents.items() if b"*.shield_ai_backup\n" in raw]
    assert changed == added
    assert all(raw.count(ADDED) <= 1 for raw in contents.values())


def test_creates_no_file_outside_git():
    assert gitignore.ignore_backups({}.get, ["api/settings.py"]) == ([], [])


def test_changes_nothing_if_git_ignores_backups_already():
    files = {".gitignore": b"*_backup\n"}
    outcome = gitignore.ignore_backups(
        files.get, ["api/settings.py"], in_git=True, are_ignored=True
    )
    assert outcome == ([], [])
