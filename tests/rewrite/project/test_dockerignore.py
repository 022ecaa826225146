from __future__ import annotations

import subprocess

import pytest
from fixer_helpers import manifest, run
from shield_helpers import make_app
from shield_helpers import run as shield

from shield_ai.project.docker_copies import Dockerfile
from shield_ai.rewrite.project.dockerignore import COMMENT, fix, ignore_in_images
from shield_ai.rewrite.project.fixer import AppFiles, FixContext

LAST = "\n**/*.shield_ai_backup\n"
BOTH = f"{COMMENT}\n.shield/\n**/*.shield_ai_backup\n"


@pytest.mark.parametrize(
    ("text", "added"),
    [
        pytest.param(".env\n", "\n" + BOTH, id="both"),
        pytest.param("", BOTH, id="empty"),
        pytest.param(".shield", f"\n\n{COMMENT}\n**/*.shield_ai_backup\n", id="one"),
        pytest.param(".*\n**/*_backup\n", "", id="other patterns"),
        pytest.param("*\n!shop\n", f"\n{COMMENT}\n**/*.shield_ai_backup\n", id="all but some"),
        pytest.param("*\n!.shield\n", "\n" + BOTH, id="all but the journal"),
        pytest.param("*.shield_ai_backup\n", "\n" + BOTH, id="only in the folder"),
    ],
)
def test_adds_missing_patterns(text, added):
    files = {".dockerignore": text.encode()}
    for _ in range(2):
        assert not run(ignore_in_images(files.get), files)
    assert files[".dockerignore"].decode() == text + added


@pytest.mark.parametrize(
    ("text", "created"),
    [
        pytest.param("FROM x\nCOPY . /app\n", True, id="whole folder"),
        pytest.param("FROM x\nCOPY $FROM /app\n", True, id="unknown"),
        pytest.param("FROM x\nCOPY shop shop\n", False, id="single folder"),
        pytest.param("FROM x\nCOPY --from=y . /app\n", False, id="another image"),
    ],
)
def test_creates_the_file_for_images_with_the_whole_folder(text, created):
    dockerfile = Dockerfile("Dockerfile", text, ".dockerignore", "")
    context = FixContext({}.get, manifest(), AppFiles(dockerfiles=[dockerfile]))
    files = {}
    assert not run(fix(context), files)
    assert files == ({".dockerignore": BOTH.encode()} if created else {})
    own = dockerfile._replace(ignore_path="Dockerfile.dockerignore", ignore_text="x\n")
    assert fix(FixContext({}.get, manifest(), AppFiles(dockerfiles=[own]))) == ([], [])


@pytest.mark.parametrize(
    ("text", "edited", "old", "new"),
    [
        pytest.param("COPY . .", "web/shop/settings.py", None, COMMENT + LAST, id="new"),
        pytest.param("COPY . .", "web/shop/settings.py", ".env\n", f".env\n\n{COMMENT}{LAST}", id="existing"),
        pytest.param("COPY . .", "shop/settings.py", None, None, id="edits elsewhere"),
        pytest.param("COPY requirements.txt .", "web/shop/settings.py", None, None, id="no code"),
    ],
)  # fmt: skip
def test_backups_are_excluded_in_the_context_of_the_build(text, edited, old, new):
    dockerfile = Dockerfile("web/Dockerfile", f"FROM x\n{text}\n", ".dockerignore", "", ("web",))
    files = {} if old is None else {"web/.dockerignore": old.encode()}
    app = AppFiles(dockerfiles=[dockerfile], edited=[edited])
    assert not run(fix(FixContext(files.get, manifest(), app)), files)
    assert files == ({} if new is None else {"web/.dockerignore": new.encode()})


def test_does_not_create_a_file_that_git_ignores(tmp_path):
    make_app(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM x\nCOPY . .\n")
    (tmp_path / ".gitignore").write_text(".*\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert ".dockerignore" not in shield("plan", "--only", "code", cwd=tmp_path).text


def test_creates_no_file(tmp_path):
    assert ignore_in_images({}.get) == ([], [])
    make_app(tmp_path)
    (tmp_path / ".dockerignore").write_bytes(b".env\r\n")
    assert shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path).code == 0
    assert b"\r\n.shield/\r\n" in (tmp_path / ".dockerignore").read_bytes()
    assert shield("rollback", "--only", "code", "--yes", cwd=tmp_path).code == 0
    assert (tmp_path / ".dockerignore").read_bytes() == b".env\r\n"
