from __future__ import annotations

import pytest
from hostile_git import git
from shield_helpers import make_app, run

from shield_ai.flow.draft.map_path import choose_map_path
from shield_ai.project.tree import Tree

RUNTIME = "shop/utils/secrets.py"
OTHER = "shop/utils/aws_config.py"


@pytest.mark.parametrize(
    ("patterns", "files", "path"),
    [
        pytest.param("", [], RUNTIME, id="not ignored"),
        pytest.param("*secret*\n", [], OTHER, id="ignored"),
        pytest.param("*secret*\n", [OTHER], "shop/aws_config.py", id="the other name is taken"),
        pytest.param("utils/\n", [], "shop/aws_secrets.py", id="the folder is ignored"),
        pytest.param("utils/\n*secret*\n", [], "shop/aws_config.py", id="folder and name ignored"),
        pytest.param("_*/\n", [], RUNTIME, id="the copy is ignored everywhere"),
        pytest.param("*\n", [], RUNTIME, id="the app is ignored"),
    ],
)
def test_choose_map_path(tmp_path, patterns, files, path):
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text(patterns)
    (tmp_path / "shop/utils").mkdir(parents=True)
    for name in files:
        (tmp_path / name).touch()
    assert choose_map_path(Tree(tmp_path), RUNTIME) == path


def test_outside_a_repository(tmp_path):
    assert choose_map_path(Tree(tmp_path), RUNTIME) == RUNTIME


def test_apply_in_an_app_that_ignores_secrets(tmp_path):
    make_app(tmp_path)
    (tmp_path / ".gitignore").write_text("*secret*\n.env\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    done = run("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)
    assert done.code == 0, done.text
    assert "from shop.aws_config import get_secret" in (tmp_path / "shop/settings.py").read_text()


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_plan_and_apply_refuse_a_path_that_git_ignores(tmp_path, command):
    make_app(tmp_path)
    (tmp_path / ".gitignore").write_text("_*/\n.env\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    done = run(command, "--only", "code", *(["--yes"] if command == "apply" else []), cwd=tmp_path)
    assert done.code == 4
    assert "which the app would import" in done.text
    assert "hint: change the pattern (.gitignore:1: " in done.text
    assert 'or set runtime = "package"' in done.text
