from __future__ import annotations

import json

import pytest
from shield_helpers import make_app, run

LISTED = '[tool.setuptools]\npackages = ["shop"]\n'
IN_WHEEL = '[tool.hatch.build.targets.wheel]\nonly-include = ["shop/settings.py"]\n'
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
    assert '"shop.utils._shield_runtime"' in path.read_text()
    assert verified(app)["runtime-built"]["status"] == "ok"
    path.write_text(LISTED)
    check = verified(app)["runtime-built"]
    assert check["status"] == "failed"
    assert '"shop.utils._shield_runtime.django"' in check["detail"]


def test_plan_warns_of_a_list_that_is_not_extended(app):
    (app / "pyproject.toml").write_text(IN_WHEEL)
    assert WARNING in run("plan", "--only", "code", cwd=app).text
    assert run("apply", "--only", "code", "--yes", "--no-proof", cwd=app).code == 0
    assert verified(app)["runtime-built"]["status"] == "failed"


def test_nothing_is_checked_before_apply(app):
    (app / "pyproject.toml").write_text(IN_WHEEL)
    assert run("draft", cwd=app).code == 0
    assert "runtime-built" not in verified(app)
