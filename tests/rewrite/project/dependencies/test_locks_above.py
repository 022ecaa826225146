from __future__ import annotations

import pytest
from fixer_helpers import manifest
from lock_samples import PROJECT as LOCKED_PROJECT
from lock_samples import UV_LOCK

from shield_ai.project.files_above import FilesAbove
from shield_ai.rewrite.project import requirements
from shield_ai.rewrite.project.fixer import AppFiles, FixContext

PROJECT = '[project]\nname = "shop"\ndependencies = ["django"]\n'
PIPFILE = '[packages]\ndjango = "*"\n'
POETRY = "[tool.poetry]\n"


def workspace(members, exclude=()):
    return f"[tool.uv.workspace]\nmembers = {list(members)}\nexclude = {list(exclude)}\n"


def locks(files, prefix, above=()):
    """Return the path of each outdated lock file of an app, and the command for it."""
    content = {path: text.encode() for path, text in files.items()}
    outside = {path: text.encode() for path, text in dict(above).items()}
    app = AppFiles(above=FilesAbove(prefix, outside))
    _, skipped = requirements.fix(FixContext(content.get, manifest(), app))
    return {item.path: item.reason.split("`")[1] for item in skipped if item.id == "lock-file"}


@pytest.mark.parametrize(
    ("settings", "is_outdated"),
    [
        pytest.param(workspace(["services/*"]), True, id="glob"),
        pytest.param(workspace(["services/backend/"]), True, id="path"),
        pytest.param(workspace(["**"]), True, id="any depth"),
        pytest.param(workspace(["*"]), False, id="other depth"),
        pytest.param(workspace(["services/*"], ["services/backend"]), False, id="excluded"),
        pytest.param(workspace(["libs/*"]), False, id="other members"),
        pytest.param("[tool.uv]\nworkspace = 1\n", True, id="invalid workspace"),
        pytest.param("[tool.uv.workspace]\nmembers = 1\n", True, id="invalid members"),
        pytest.param("[tool.uv", True, id="invalid TOML"),
        pytest.param(PROJECT, True, id="project"),
    ],
)
def test_uv_workspace_above_the_app(settings, is_outdated):
    above = {"pyproject.toml": settings, "uv.lock": ""}
    found = locks({"pyproject.toml": PROJECT}, "services/backend", above)
    assert found == ({"../../uv.lock": "uv lock"} if is_outdated else {})


@pytest.mark.parametrize(
    ("files", "above", "found"),
    [
        pytest.param(
            {"pyproject.toml": PROJECT},
            {"pyproject.toml": POETRY, "poetry.lock": ""},
            {"../../poetry.lock": "poetry lock"},
            id="Poetry",
        ),
        pytest.param(
            {"pyproject.toml": PROJECT},
            {
                "pyproject.toml": POETRY,
                "pdm.lock": "",
                "services/pyproject.toml": POETRY,
                "services/poetry.lock": "",
            },
            {"../poetry.lock": "poetry lock"},
            id="nearest",
        ),
        pytest.param(
            {"Pipfile": PIPFILE},
            {"Pipfile": PIPFILE, "Pipfile.lock": "", "uv.lock": "", "pyproject.toml": PROJECT},
            {"../../Pipfile.lock": "pipenv lock"},
            id="Pipfile",
        ),
        pytest.param(
            {"pyproject.toml": PROJECT, "pdm.lock": ""},
            {"pyproject.toml": PROJECT, "uv.lock": ""},
            {"pdm.lock": "pdm lock"},
            id="beside the file",
        ),
        pytest.param(
            {"pyproject.toml": PROJECT}, {"poetry.lock": ""}, {}, id="lock file without a project"
        ),
        pytest.param(
            {"requirements.txt": "django\n"},
            {"pyproject.toml": PROJECT, "uv.lock": ""},
            {},
            id="requirements.txt",
        ),
        pytest.param(
            {"pyproject.toml": PROJECT.replace("django", "boto3")},
            {"pyproject.toml": PROJECT, "uv.lock": ""},
            {},
            id="nothing added",
        ),
    ],
)
def test_lock_file_above_the_app(files, above, found):
    assert locks(files, "services/backend", above) == found


def test_lock_file_in_the_app_above_the_project():
    files = {
        "web/manage.py": "",
        "web/pyproject.toml": PROJECT,
        "pyproject.toml": workspace(["web"]),
        "uv.lock": "",
        "shop/utils/secrets.py": "",
    }
    content = {path: text.encode() for path, text in files.items()}
    context = FixContext(content.get, manifest(runtime="web/secrets_map.py"), AppFiles())
    _, skipped = requirements.fix(context)
    assert [item.path for item in skipped] == ["uv.lock"]


@pytest.mark.parametrize(
    ("above", "found"),
    [
        pytest.param({"pyproject.toml": PROJECT}, ["../../pyproject.toml"], id="project"),
        pytest.param({"Pipfile": PIPFILE}, ["../../Pipfile"], id="Pipenv"),
        pytest.param(
            {"services/requirements.txt": "django\n", "pyproject.toml": PROJECT},
            ["../requirements.txt"],
            id="nearest",
        ),
        pytest.param({"requirements.txt": "django\nboto3\n"}, [], id="has it"),
        pytest.param({"pyproject.toml": "[tool.ruff]\n"}, ["requirements.txt"], id="no project"),
    ],
)
def test_dependencies_above_the_app(above, found):
    outside = {path: text.encode() for path, text in above.items()}
    app = AppFiles(above=FilesAbove("services/backend", outside))
    changes, skipped = requirements.fix(FixContext({}.get, manifest(), app))
    assert not changes
    assert [item.path for item in skipped] == found
    advice = "outside the app's folder: add boto3>=1.26 to it"
    assert all((item.reason == advice) == (item.path != "requirements.txt") for item in skipped)


def test_an_updated_lock_file_beside_the_project_is_the_only_one():
    files = {"pyproject.toml": LOCKED_PROJECT, "uv.lock": UV_LOCK}
    assert locks(files, "services/backend", {"pyproject.toml": PROJECT, "uv.lock": ""}) == {}


def test_dependencies_above_the_app_with_a_lock_file():
    outside = {"pyproject.toml": LOCKED_PROJECT.encode(), "uv.lock": UV_LOCK.encode()}
    app = AppFiles(above=FilesAbove("services", outside))
    _, skipped = requirements.fix(FixContext({}.get, manifest(), app))
    assert [item.path for item in skipped] == ["../pyproject.toml"]


DYNAMIC = """[project]
name = "shop"
dynamic = ["dependencies"]
[tool.setuptools.dynamic]
dependencies = {file = ['requirements.txt']}
"""


@pytest.mark.parametrize(
    ("project", "found"),
    [
        pytest.param(DYNAMIC, {"uv.lock": "uv lock"}, id="read by setuptools"),
        pytest.param(DYNAMIC.replace("requirements", "others"), {}, id="another file"),
        pytest.param('[tool.ruff]\nexclude = ["requirements.txt"]\n', {}, id="not dynamic"),
    ],
)
def test_lock_of_requirements_that_the_project_reads(project, found):
    files = {"pyproject.toml": project, "uv.lock": "", "requirements.txt": "django\n"}
    assert locks(files, "") == found
