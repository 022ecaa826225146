from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from shield_helpers import make_app, run

if TYPE_CHECKING:
    from pathlib import Path

APPLY = ("apply", "--only", "code", "--yes", "--no-proof")
PROVE = APPLY[:-1]
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


@pytest.mark.parametrize("files", [0, 1, 20, 26, 27, 28])
def test_an_apply_that_was_killed_between_files_can_be_repeated(
    tmp_path, original, expected, files
) -> None:
    app = tmp_path / "app"
    shutil.copytree(original, app)
    command = [sys.executable, "-c", KILLED, str(files), *APPLY]
    assert subprocess.run(command, cwd=app, check=False, capture_output=True).returncode == 9
    assert run(*APPLY, cwd=app).code == 0
    assert files_of(app) == expected


# Exits when all files are edited, before the settings are loaded again.
KILLED_BEFORE_COMPARISON = """
import os, sys
from shield_ai.__main__ import main
from shield_ai.flow.apply.settings_check import SettingsComparison

SettingsComparison.compare_after = lambda self: os._exit(9)
sys.exit(main())
"""


@pytest.fixture
def uncompared(tmp_path, original) -> Path:
    """An app with the edits of an apply that was killed before it compared the settings."""
    app: Path = tmp_path / "app"
    shutil.copytree(original, app)
    command = [sys.executable, "-c", KILLED_BEFORE_COMPARISON, *PROVE]
    assert subprocess.run(command, cwd=app, check=False, capture_output=True).returncode == 9
    return app


def test_an_apply_that_was_killed_before_the_comparison_compares_when_repeated(
    uncompared, expected
) -> None:
    assert files_of(uncompared) == expected
    done = run(*PROVE, cwd=uncompared)
    assert done.code == 0, done.text
    assert "restored: the settings had not been compared" in done.text
    assert "proved: 1 of 1 settings module" in done.text
    assert files_of(uncompared) == expected
    assert "nothing to do" in run(*PROVE, cwd=uncompared).text


@pytest.mark.parametrize(
    ("options", "edit"),
    [
        pytest.param(APPLY, "", id="not to be compared"),
        pytest.param(PROVE, "# An edit.\n", id="edited since"),
    ],
)
def test_names_edits_that_are_never_compared(uncompared, options, edit) -> None:
    settings = uncompared / "shop/settings.py"
    edited = settings.read_text() + edit
    settings.write_text(edited)
    done = run(*options, "--json", cwd=uncompared)
    assert done.code == 0, done.text
    assert "not compared: the settings before and after the edits of the interrupted" in done.err
    assert json.loads(done.out)["settings"]["modules"] == []
    assert settings.read_text() == edited
