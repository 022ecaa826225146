from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from shield_helpers import make_app, run

if TYPE_CHECKING:
    from pathlib import Path

APPLY = ("apply", "--only", "code", "--yes", "--no-proof")
# Exits before it moves the n-th file into place.
KILLED = """
import os, sys
from shield_ai.__main__ import main
from shield_ai.project.tree import Tree

left, commit = [int(sys.argv.pop(1))], Tree.commit


def commit_or_exit(tree, path):
    left[0] -= 1
    if left[0] < 0:
        os._exit(9)
    commit(tree, path)


Tree.commit = commit_or_exit
sys.exit(main())
"""


def files_of(app: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(app)): path.read_bytes()
        for path in app.rglob("*")
        if path.is_file() and ".shield" not in path.relative_to(app).parts
    }


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    app: Path = tmp_path_factory.mktemp("original") / "app"
    app.mkdir()
    make_app(app)
    run("draft", cwd=app)
    return app


@pytest.fixture(scope="module")
def expected(original: Path, tmp_path_factory) -> dict[str, bytes]:
    app = tmp_path_factory.mktemp("expected") / "app"
    shutil.copytree(original, app)
    assert run(*APPLY, cwd=app).code == 0
    return files_of(app)


@pytest.mark.parametrize("files", [0, 1, 20, 41, 42, 43, 44])
def test_an_apply_that_was_killed_between_files_can_be_repeated(
    tmp_path, original, expected, files
) -> None:
    app = tmp_path / "app"
    shutil.copytree(original, app)
    command = [sys.executable, "-c", KILLED, str(files), *APPLY]
    assert subprocess.run(command, cwd=app, check=False, capture_output=True).returncode == 9
    assert run(*APPLY, cwd=app).code == 0
    assert files_of(app) == expected
