from __future__ import annotations

import subprocess

import pytest
from fixer_helpers import manifest, run
from shield_helpers import make_app
from shield_helpers import run as shield

from shield_ai.project.docker_copies import Dockerfile
from shield_ai.rewrite.project.dockerignore import COMMENT, fix
from shield_ai.rewrite.project.fixer import AppFiles, FixContext

ADDED = f"{COMMENT}\n.shield/\n"


def fix_app(files, *texts, contexts=("",), **app):
    dockerfiles = [Dockerfile("Dockerfile", text, ".dockerignore", "", contexts) for text in texts]
    context = FixContext(files.get, manifest(), AppFiles(dockerfiles=dockerfiles, **app))
    return run(fix(context), files)


@pytest.mark.parametrize(
    ("text", "added"),
    [
        pytest.param(".env\n", ".shield/\n", id="another pattern"),
        pytest.param("*.md", "\n.shield/\n", id="no line ending"),
        pytest.param("", ".shield/\n", id="empty"),
        pytest.param(".shield", "", id="without the slash"),
        pytest.param(".*\n", "", id="hidden files"),
        pytest.param("*\n!shop\n", "", id="all but some"),
        pytest.param("*\n!.shield\n", ".shield/\n", id="all but the journal"),
    ],
)
def test_adds_the_folder_once(text, added):
    files = {".dockerignore": text.encode()}
    for _ in range(2):
        assert not fix_app(files)
    assert files[".dockerignore"].decode() == text + added


@pytest.mark.parametrize("old", [None, ".env\n"])
@pytest.mark.parametrize(
    ("text", "is_copied"),
    [
        pytest.param("FROM x\nCOPY . /app\n", True, id="whole folder"),
        pytest.param("FROM x\nCOPY $FROM /app\n", True, id="unknown"),
        pytest.param(
            "FROM x\nCOPY requirements/$FILE /app\n", False, id="unknown file of another folder"
        ),
        pytest.param("FROM x\nCOPY .shield/$FILE /app\n", True, id="unknown file of this folder"),
        pytest.param("FROM x\nCOPY shop shop\n", False, id="single folder"),
        pytest.param("FROM x\nCOPY --from=y . /app\n", False, id="another image"),
    ],
)
def test_only_for_images_with_the_folder(text, is_copied, old):
    files = {} if old is None else {".dockerignore": old.encode()}
    assert not fix_app(files, text)
    added = f"{old}.shield/\n" if old else ADDED
    assert files.get(".dockerignore", b"").decode() == (added if is_copied else old or "")


def test_not_for_images_that_are_built_in_another_folder():
    files = {}
    assert not fix_app(files, "FROM x\nCOPY . .\n", contexts=("web",))
    assert files == {}


def test_not_for_an_image_with_its_own_file():
    own = Dockerfile("Dockerfile", "FROM x\nCOPY . .\n", "Dockerfile.dockerignore", "x\n")
    assert fix(FixContext({}.get, manifest(), AppFiles(dockerfiles=[own]))) == ([], [])


def test_does_not_create_a_file_that_git_ignores(tmp_path):
    make_app(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM x\nCOPY . .\n")
    (tmp_path / ".gitignore").write_text(".*\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert ".dockerignore" not in shield("plan", "--only", "code", cwd=tmp_path).text


def test_rollback_restores_the_file(tmp_path):
    make_app(tmp_path)
    (tmp_path / ".dockerignore").write_bytes(b".env\r\n")
    assert shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path).code == 0
    assert b"\r\n.shield/\r\n" in (tmp_path / ".dockerignore").read_bytes()
    assert shield("rollback", "--only", "code", "--yes", cwd=tmp_path).code == 0
    assert (tmp_path / ".dockerignore").read_bytes() == b".env\r\n"
