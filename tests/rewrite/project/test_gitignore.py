from __future__ import annotations

import pytest
from fixer_helpers import run

from shield_ai.rewrite.project import gitignore


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, {}, id="no git"),
        pytest.param(
            {".gitignore": b".env\n"}, {".gitignore": b".env\n*.shield_ai_backup\n"}, id="added"
        ),
        pytest.param(
            {".gitignore": b".env"},
            {".gitignore": b".env\n*.shield_ai_backup\n"},
            id="no final newline",
        ),
        pytest.param(
            {".gitignore": b".env\r\n"},
            {".gitignore": b".env\r\n*.shield_ai_backup\r\n"},
            id="crlf",
        ),
        pytest.param(
            {".gitignore": b"*.shield_ai_backup\r\n.env"},
            {".gitignore": b"*.shield_ai_backup\r\n.env"},
            id="already listed",
        ),
        pytest.param(
            {".gitignore": b"#*.shield_ai_backup\n"},
            {".gitignore": b"#*.shield_ai_backup\n*.shield_ai_backup\n"},
            id="only in a comment",
        ),
    ],
)
def test_adds_pattern_once(before, after):
    files = dict(before)
    for _ in range(2):
        assert not run(gitignore.ignore_backups(files.get), files)
        assert files == after
