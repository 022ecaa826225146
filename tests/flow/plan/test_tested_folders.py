from __future__ import annotations

import subprocess

import pytest

from shield_ai.flow.plan.tested_folders import find_tested_folders
from shield_ai.project.tree import Tree

PATHS = ["api/tests/test_a.py", "tests/unit/test_b.py", "tests/slow/test_c.py", "shop/a.py"]
WORKFLOW = ".github/workflows/a.yml"
UNIT = ["tests/unit"]


@pytest.mark.parametrize(
    ("files", "folders"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"src/back/pytest.ini": "[pytest]\ntestpaths = tests/unit\n"}, UNIT, id="INI"),
        pytest.param(
            {"src/back/setup.cfg": "[tool:pytest]\ntestpaths =\n    tests/unit\n    api\n"},
            ["api", "tests/unit"],
            id="lines",
        ),
        pytest.param(
            {
                "src/back/pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = [\n "tests/unit"]\n'
            },
            UNIT,
            id="TOML",
        ),
        pytest.param({"src/back/Makefile": "test:\n\tpytest tests/unit\n"}, UNIT, id="Makefile"),
        pytest.param({"src/back/Makefile": "test:\n\tpytest\n"}, [], id="without a folder"),
        pytest.param(
            {"src/back/pytest.ini": "testpaths = tests/unit\n", WORKFLOW: "run: pytest -x\n"},
            UNIT,
            id="command and testpaths",
        ),
        pytest.param(
            {WORKFLOW: 'run: sh -c "manage.py test --no-input ./api/tests \\\n  && x tests"\n'},
            ["api/tests"],
            id="workflow above the app",
        ),
        pytest.param(
            {WORKFLOW: "- name: Run pytest\n  run: .venv/bin/pytest tests/unit\n"}, UNIT, id="name"
        ),
        pytest.param({WORKFLOW: "run: manage.py test api.tests\n"}, ["api/tests"], id="module"),
        pytest.param({WORKFLOW: "run: pytest src/back/tests/unit\n"}, UNIT, id="prefix"),
        pytest.param(
            {WORKFLOW: "run: pytest --cov api tests/unit/test_b.py::test_x\n"}, UNIT, id="one test"
        ),
        pytest.param(
            {WORKFLOW: "run: pytest tests/unit\n", "src/back/scripts/test": "manage.py test\n"},
            UNIT,
            id="workflow before script",
        ),
        pytest.param(
            {WORKFLOW: "run: pip install pytest tests\n", "scripts/test": "pytest tests/unit\n"},
            UNIT,
            id="script above the app",
        ),
        pytest.param(
            {WORKFLOW: "a: pytest tests/unit\nb: pytest $FOLDER\n"}, [], id="also an unknown folder"
        ),
        pytest.param({"docs/a.yml": "run: pytest tests/unit\n"}, [], id="another file"),
    ],
)
def test_folders_of_tests_that_run(tmp_path, files, folders):
    root = tmp_path / "src/back"
    root.mkdir(parents=True)
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    assert find_tested_folders(Tree(root), PATHS) == folders
