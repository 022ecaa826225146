from __future__ import annotations

import json

import pytest
from scaling import assert_linear
from shield_helpers import shield

from shield_ai.scan.files.walk import Entry, walk_all
from shield_ai.scan.python.app.app_paths import select_app_paths
from shield_ai.scan.text.reader import reader

READ = "import os\nX = os.environ['SENTRY_DSN']\n"


@pytest.fixture
def selected(tmp_path):
    """Return the selected paths, and the skipped folders, of files given as {path: text}."""

    def selected(files):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        found = select_app_paths(walk_all(tmp_path), reader(str(tmp_path)))
        return set(found.paths), [skip.path for skip in found.skipped]

    return selected


@pytest.mark.parametrize(
    ("importer", "line", "module"),
    [
        pytest.param("a/settings.py", "from a.vendor.x import y", "a/vendor/x.py", id="absolute"),
        pytest.param("src/a/b.py", "import a.vendor.x", "src/a/vendor/x.py", id="below a root"),
        pytest.param("a/b.py", "from .third_party.x import *", "a/third_party/x.py", id="relative"),
        pytest.param("a/c/b.py", "from ..env import x", "a/env/x.py", id="relative, a member"),
        pytest.param("a/b.py", "from a.dist import z, x", "a/dist/x.py", id="member"),
        pytest.param(
            "a/b.py", "from a.dist import (\n  z,\n  x,\n)", "a/dist/x.py", id="in parentheses"
        ),
        pytest.param("a/b.py", "import os, a.dist.x as x", "a/dist/x.py", id="second module"),
        pytest.param("a/b.py", "from . import build", "a/build/__init__.py", id="package"),
        pytest.param(
            "a/b.py", "from a.docs import views", "a/docs/views.py", id="package named docs"
        ),
        pytest.param("b.py", "", "alembic/env.py", id="configuration of Alembic"),
        pytest.param("b.py", "", "a/migrations/env.py", id="of its migrations"),
        pytest.param("b.py", "", "a/migrations/_helper.py", id="helper of migrations"),
        pytest.param(
            "a/b.py", "", "a/settings/third_party/__init__.py", id="package of the settings"
        ),
    ],
)
def test_a_folder_that_the_app_imports_is_scanned(selected, importer, line, module):
    paths, skipped = selected({importer: f"{line}\n", module: READ})
    assert (paths, skipped) == ({importer, module}, [])


@pytest.mark.parametrize(
    ("importer", "line", "module"),
    [
        pytest.param("a/b.py", "import requests", "vendor/requests.py", id="not imported"),
        pytest.param("setup.py", "import build", "build/lib/x.py", id="another module"),
        pytest.param("a/b.py", "", "a/migrations/0001_initial.py", id="migration"),
        pytest.param("a/b.py", "", ".ci/build.py", id="hidden folder"),
        pytest.param("tests/test_b.py", "import vendor.x", "vendor/x.py", id="by tests"),
    ],
)
def test_other_folders_are_reported_if_they_read_secrets(selected, importer, line, module):
    folder = module.rpartition("/")[0].removesuffix("/lib")
    assert selected({importer: line, module: READ}) == ({importer}, [folder])
    assert selected({module: "import os\nX = os.environ['DEBUG']\n"})[1] == []


@pytest.mark.parametrize("original", ["shop/a.py", "src/shop/a.py"])
def test_copies_of_setuptools_are_not_reported(selected, original):
    assert selected({original: READ, "build/lib/shop/a.py": READ}) == ({original}, [])


def test_copies_of_setuptools_take_linear_time():
    def select(size):
        modules = [f"shop/m{number}.py" for number in range(size)]
        built = [f"build/lib/shop/b{number}.py" for number in range(size)]
        app_files = [Entry(path, is_app_file=True) for path in modules]
        select_app_paths([*app_files, *(Entry(path, is_app_file=False) for path in built)], {}.get)

    assert_linear(select, 600)


@pytest.mark.parametrize(
    ("path", "lines"),
    [("a/migrations/0001_data.py", [3]), ("vendor/x.py", []), ("docs/x.py", [])],
    ids=["migration", "vendored", "documentation"],
)
def test_reads_in_migrations_are_findings(selected, tmp_path, path, lines):
    selected({"a.py": "", path: f"# \u00e9\n{READ}"})
    done = shield("scan", "--format", "json", cwd=tmp_path)
    found = json.loads(done.out)["findings"]
    assert [(one["line"], one["env"], one["severity"], one["fixable"]) for one in found] == [
        (line, "SENTRY_DSN", "medium", False) for line in lines
    ]


MIGRATION_CODE = """\
# formerly os.environ["OLD_API_KEY"]
x = current_app.config["SECRET_KEY"]
os.environ["DB_PASSWORD"] = "x"
"""


@pytest.mark.parametrize(
    ("path", "line", "variables"),
    [
        pytest.param("env.py", "", [], id="comment, configuration and assignment"),
        pytest.param("env.py", 'os.environ["A_KEY"]', ["A_KEY"], id="read"),
        pytest.param("env.py", 'config("A_KEY")', ["A_KEY"], id="decouple"),
        pytest.param("env.py", 'print os.environ["B_KEY"]', ["OLD_API_KEY", "SECRET_KEY", "DB_PASSWORD", "B_KEY"], id="invalid code"),
        pytest.param("tests/test_env.py", 'os.environ["A_KEY"]', [], id="test"),
    ],
)  # fmt: skip
def test_only_reads_in_migrations_are_findings(path, line, variables):
    files = {"a.py": b"", f"migrations/0/{path}": f"{MIGRATION_CODE}{line}\n".encode()}
    entries = [Entry(path, is_app_file=path == "a.py") for path in files]
    found = select_app_paths(entries, files.get)
    assert [finding.env for finding in found.findings if finding.env] == variables
    assert [skipped.path for skipped in found.skipped] == (["migrations"] if variables else [])


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        pytest.param("class Config:\n    SECRET_KEY = ''\n", [(1, "low", False)], id="empty"),
        pytest.param("import os\nSECRET_KEY = os.environ['SECRET_KEY']\n", [], id="variable"),
    ],
)
@pytest.mark.parametrize(
    "code", ['app.config["SECRET_KEY"]', 'current_app.config.get("SECRET_KEY")']
)
@pytest.mark.parametrize("folder", ["migrations/versions", "alembic/versions", "shop/migrations"])
def test_reads_of_a_configuration_in_migrations_are_findings(
    selected, tmp_path, settings, found, code, folder
):
    path = f"{folder}/0001_data.py"
    selected({"settings.py": settings, path: f"encrypt({code})\n"})
    findings = json.loads(shield("scan", "--format", "json", cwd=tmp_path).out)["findings"]
    reads = [(f["line"], f["severity"], f["fixable"]) for f in findings if f["path"] == path]
    assert reads == found


def test_a_folder_of_installed_packages_is_not_part_of_the_app(selected):
    files = {"a.py": "import env.x", "env/x.py": READ, "env/lib/x-1.dist-info/RECORD": ""}
    assert selected(files) == ({"a.py"}, ["env"])


def test_the_plan_names_the_skipped_folders(selected, tmp_path):
    selected({"settings.py": READ, "vendor/x.py": READ})
    done = shield("plan", "--only", "code", cwd=tmp_path)
    text = " ".join(done.out.split())
    reason = "not rewritten because of its folder: keep the variables set: SENTRY_DSN"
    assert f"vendor {reason}" in text
