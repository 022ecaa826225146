from __future__ import annotations

import os
import subprocess
import sys

import pytest
from shield_helpers import run

from shield_ai.project.namespace_packages import is_imported_by_name, root_of_namespace_package

MAIN = {"app/config.py": b"", "app/main.py": b"from . import config\n"}


@pytest.mark.parametrize(
    ("files", "folder", "root"),
    [
        pytest.param(MAIN, "app", "", id="package"),
        pytest.param({"src/app/main.py": b"from .config import X\n"}, "src/app", "src", id="below"),
        pytest.param({"a/b/main.py": b"from ..c import X\n"}, "a/b", "", id="two dots"),
        pytest.param({"app/main.py": b"import config\n"}, "app", None, id="by name"),
        pytest.param(
            MAIN | {"app/b.py": b"from config import X\n"}, "app", None, id="some by name"
        ),
        pytest.param(
            {"app/main.py": b"try:\n    from . import a\nexcept ImportError:\n    import a\n"},
            "app",
            None,
            id="either",
        ),
        pytest.param({"app/sub/main.py": b"from . import a\n"}, "app", None, id="in a subfolder"),
        pytest.param({"app/test_a.py": b"from . import a\n"}, "app", None, id="in a test"),
        pytest.param(
            {"app/__init__.py": b"", "app/no/env.py": b"from .x import Y\n"},
            "app/no",
            None,
            id="in a package",
        ),
        pytest.param({"app/main.py": b"from ... import a\n"}, "app", None, id="too many dots"),
    ],
)
def test_finds_the_folder_that_a_package_is_imported_from(files, folder, root):
    assert root_of_namespace_package(folder, files, files.get) == root


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        pytest.param("jobs/a.py", b"from app.config import A\n", True, id="neighbor"),
        pytest.param("run.py", b"def f():\n    import app\n", True, id="in a function"),
        pytest.param("run.py", b"import apps\n", False, id="another name"),
        pytest.param("app/run.py", b"import app\n", False, id="itself"),
        pytest.param("tests/test_a.py", b"import app\n", False, id="test"),
    ],
)
def test_a_package_can_be_imported_by_its_neighbors(path, line, expected):
    assert is_imported_by_name("app", [path], {path: line}.get) is expected


def test_a_package_without_init_runs_as_before(tmp_path):
    """Its files, and not only its settings, are imported by the name of the package."""
    files = {
        "harvest/settings.py": "import os\nA_TOKEN = os.environ['A_TOKEN']\n",
        "harvest/main.py": "from . import settings\nprint(settings.A_TOKEN)\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    run("draft", cwd=tmp_path)
    done = run("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)
    assert done.code == 0, done.text
    assert "get_secret" in (tmp_path / "harvest/settings.py").read_text()
    env = {**os.environ, "A_TOKEN": "value"}
    argv = [sys.executable, "-m", "harvest.main"]
    output = subprocess.run(
        argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert output.stdout == "value\n", output.stderr
