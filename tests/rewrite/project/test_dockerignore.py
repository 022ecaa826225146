from __future__ import annotations

import pytest
from fixer_helpers import run
from shield_helpers import make_app
from shield_helpers import run as shield

from shield_ai.rewrite.project.dockerignore import COMMENT, ignore_in_images

BOTH = f"{COMMENT}\n.shield/\n**/*.shield_ai_backup\n"


@pytest.mark.parametrize(
    ("text", "added"),
    [
        pytest.param(".env\n", "\n" + BOTH, id="both"),
        pytest.param("", BOTH, id="empty"),
        pytest.param(".shield", f"\n\n{COMMENT}\n**/*.shield_ai_backup\n", id="one"),
        pytest.param(".*\n**/*_backup\n", "", id="other patterns"),
        pytest.param("*\n!shop\n", "\n" + BOTH, id="all but some"),
        pytest.param("*.shield_ai_backup\n", "\n" + BOTH, id="only in the folder"),
    ],
)
def test_adds_missing_patterns(text, added):
    files = {".dockerignore": text.encode()}
    for _ in range(2):
        assert not run(ignore_in_images(files.get), files)
    assert files[".dockerignore"].decode() == text + added


def test_creates_no_file(tmp_path):
    assert ignore_in_images({}.get) == ([], [])
    make_app(tmp_path)
    (tmp_path / ".dockerignore").write_bytes(b".env\r\n")
    assert shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path).code == 0
    assert b"\r\n.shield/\r\n" in (tmp_path / ".dockerignore").read_bytes()
    assert shield("rollback", "--only", "code", "--yes", cwd=tmp_path).code == 0
    assert (tmp_path / ".dockerignore").read_bytes() == b".env\r\n"
