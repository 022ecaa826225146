from __future__ import annotations

import pytest
from fixer_helpers import manifest, run

from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project import gitignore
from shield_ai.rewrite.project.fixer import AppFiles, DotenvFiles, FixContext
from shield_ai.rewrite.project.gitignore import PATH
from shield_ai.rewrite.project.pipeline import rewrite_project

ADDED = b"# The values of secrets for development\n.env\n"


def fix(files, *, is_exposed=True):
    app = AppFiles(dotenv_files=DotenvFiles(is_exposed=is_exposed))
    return run(gitignore.fix(FixContext(files.get, manifest(), app)), files)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, ADDED, id="new file"),
        pytest.param(b"", ADDED, id="empty"),
        pytest.param(b"*.pyc\n", b"*.pyc\n\n" + ADDED, id="added"),
        pytest.param(b"*.pyc", b"*.pyc\n\n" + ADDED, id="no final newline"),
        pytest.param(b"a\r\n", b"a\r\n\r\n" + ADDED.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(b"#.env\n", b"#.env\n\n" + ADDED, id="only in a comment"),
        pytest.param(b".env\n!.env\n", b".env\n!.env\n", id="the project includes it"),
    ],
)
def test_ignores_an_env_file_that_git_would_add(before, after):
    files = {} if before is None else {".gitignore": before}
    for _ in range(2):
        assert not fix(files)
        assert files == {".gitignore": after}


def test_changes_nothing_without_such_a_file():
    files = {".gitignore": b"*.pyc\n"}
    assert not fix(files, is_exposed=False)
    assert files == {".gitignore": b"*.pyc\n"}


def test_edits_a_file_that_docker_reads_too_by_one_path():
    """Apply writes all edits of a path at once, but not those of a file and of a link to it."""
    app_files = AppFiles(dotenv_files=DotenvFiles(is_exposed=True), shares_ignore_file=True)
    raw = b"*.pyc\n"
    context = FixContext({PATH: raw, ".dockerignore": raw}.get, manifest(), app_files)
    changes, _ = rewrite_project(context)
    texts = {change.path: apply_edits(raw, change.edits) for change in changes}
    assert PATH not in texts
    assert ADDED in texts[".dockerignore"]
    assert b"\n.shield/\n" in texts[".dockerignore"]
