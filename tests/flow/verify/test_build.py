from __future__ import annotations

import json

import pytest
from shield_helpers import make_app, run

LISTED = '[tool.setuptools]\npackages = ["shop"]\n'
IN_WHEEL = '[tool.hatch.build.targets.wheel]\npackages = ["shop/settings.py"]\n'
WARNING = "warning: the app can't import the runtime where it is deployed"


def verified(app):
    checks = json.loads(run("verify", "--only", "code", "--json", cwd=app).out)["checks"]
    return {check["id"]: check for check in checks}


@pytest.fixture
def app(tmp_path):
    make_app(tmp_path)
    return tmp_path


def test_apply_extends_a_list_of_packages(app):
    path = app / "pyproject.toml"
    path.write_text(LISTED)
    assert WARNING not in run("plan", "--only", "code", cwd=app).text
    assert run("apply", "--only", "code", "--yes", "--no-proof", cwd=app).code == 0
    assert '"shop._shield_runtime"' in path.read_text()
    assert verified(app)["runtime-built"]["status"] == "ok"
    path.write_text(LISTED)
    check = verified(app)["runtime-built"]
    assert check["status"] == "failed"
    assert '"shop._shield_runtime"' in check["detail"]


def test_an_app_that_runs_from_its_source_tree(app):
    (app / "pyproject.toml").write_text(LISTED)
    (app / "shop/web").mkdir()
    (app / "shop/web/views.py").write_text("NAME = 'shop'\n")
    assert run("apply", "--only", "code", "--yes", "--no-proof", cwd=app).code == 0
    assert (app / "pyproject.toml").read_text() == LISTED
    assert verified(app)["runtime-built"]["status"] == "ok"


def test_plan_warns_of_a_list_that_is_not_extended(app):
    (app / "pyproject.toml").write_text(IN_WHEEL)
    assert WARNING in run("plan", "--only", "code", cwd=app).text
    assert run("apply", "--only", "code", "--yes", "--no-proof", cwd=app).code == 0
    assert verified(app)["runtime-built"]["status"] == "failed"


def test_nothing_is_checked_before_apply(app):
    (app / "pyproject.toml").write_text(IN_WHEEL)
    assert run("draft", cwd=app).code == 0
    assert "runtime-built" not in verified(app)


DOCKERFILE = "FROM python:3.12\nWORKDIR /srv\nCOPY shop/ shop/\nCOPY worker.py .\n"


@pytest.fixture
def worker(tmp_path):
    """An app with a module outside its package, of which an image has single paths."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/app.py").write_text("import os\nTOKEN = os.environ['API_TOKEN']\n")
    (tmp_path / "worker.py").write_text("import os\nTOKEN = os.environ['API_TOKEN']\n")
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return tmp_path


def test_draft_chooses_a_folder_that_the_image_contains(worker):
    assert run("draft", cwd=worker).code == 0
    assert 'runtime = "shop/aws_secrets.py"' in (worker / "shield.toml").read_text()
    done = run("apply", "--only", "code", "--yes", "--no-proof", cwd=worker)
    assert done.code == 0, done.text
    assert WARNING not in done.text
    assert "from shop.aws_secrets import get_secret" in (worker / "worker.py").read_text()
    assert verified(worker)["runtime-built"]["status"] == "ok"


def test_an_image_without_the_runtime(worker):
    (worker / "Dockerfile").write_text("FROM python:3.12\nCOPY . .\n")
    assert run("draft", cwd=worker).code == 0
    renamed = DOCKERFILE.replace("worker.py .", "worker.py main.py")
    (worker / "Dockerfile").write_text(renamed)
    assert WARNING in run("plan", "--only", "code", cwd=worker).text
    assert run("apply", "--only", "code", "--yes", "--no-proof", cwd=worker).code == 0
    check = verified(worker)["runtime-built"]
    assert "Dockerfile:4 does not copy aws_secrets.py and _shield_runtime," in check["detail"]
    assert check["status"] == "failed"


def test_an_image_that_ignores_the_runtime(worker):
    (worker / "Dockerfile").write_text("FROM python:3.12\nCOPY . .\n")
    assert run("draft", cwd=worker).code == 0
    (worker / ".dockerignore").write_text("*secret*\n")
    assert WARNING not in run("plan", "--only", "code", cwd=worker).text
    assert run("apply", "--only", "code", "--yes", "--no-proof", cwd=worker).code == 0
    assert verified(worker)["runtime-built"]["status"] == "ok"
    (worker / ".dockerignore").write_text("*secret*\n")
    check = verified(worker)["runtime-built"]
    assert ".dockerignore:1 excludes aws_secrets.py, " in check["detail"]
    assert check["status"] == "failed"
