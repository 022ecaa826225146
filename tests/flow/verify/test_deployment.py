from __future__ import annotations

import json

import pytest
from shield_helpers import make_app, run

from shield_ai.flow.verify.deployment import HINTS, verify_deployment
from shield_ai.model.deployment import (
    Deployment,
    DeploymentKind,
    DeploymentVariable,
    Use,
    ValueForm,
)
from shield_ai.model.skip import SkipId

COMPOSE = "services:\n  web:\n    environment:\n      DATABASE_PASSWORD: hunter2x\n"
LINE = DeploymentVariable(
    path="compose.yml", line=4, kind=DeploymentKind.COMPOSE, unit="web", variable="KEY",
    secret="key", field="", form=ValueForm.LITERAL, use=Use.PRODUCTION,
)  # fmt: skip


def verify(*changes, unread=()):
    variables = [DeploymentVariable(**{**_fields(LINE), **change}) for change in changes]
    return verify_deployment(Deployment(variables=tuple(variables), unread=tuple(unread)))


def _fields(item):
    return {name: getattr(item, name) for name in item.__struct_fields__}


@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        pytest.param({}, "failed", "compose.yml:4 KEY", id="value"),
        pytest.param({"use": Use.DEVELOPMENT}, "ok", "", id="value for development"),
        pytest.param({"use": Use.SUPPRESSED}, "ok", "", id="suppressed"),
        pytest.param({"use": Use.UNKNOWN}, "unknown", "compose.yml:4 KEY", id="value in an ambiguous file"),
        pytest.param({"is_own_login": True}, "unknown", "compose.yml:4 KEY", id="login of a server in the file"),
        pytest.param({"field": "host"}, "ok", "", id="a host is not secret"),
        pytest.param({"field": "password"}, "failed", "compose.yml:4 KEY", id="password"),
        pytest.param({"form": ValueForm.DEFAULT}, "unknown", "compose.yml:4 KEY has a default", id="default"),
        pytest.param({"form": ValueForm.REFERENCE}, "ok", "", id="reference"),
        pytest.param({"form": ValueForm.URL}, "ok", "", id="URL without credentials"),
        pytest.param({"form": ValueForm.SECRET_STORE}, "ok", "", id="secret store"),
        pytest.param({"form": ValueForm.PLACEHOLDER}, "ok", "", id="placeholder"),
        pytest.param({"form": ValueForm.ENV_FILE, "env_file": ".env"}, "unknown", "compose.yml:4 KEY from .env", id="env file"),
        pytest.param(
            {"form": ValueForm.ENV_FILE, "env_file": "a.env", "variable": ""}, "unknown", "compose.yml:4 any variable from a.env", id="missing env file"
        ),
    ],
)  # fmt: skip
def test_lines_that_contain_a_value(change, status, detail):
    found = verify(change)
    assert (found.status, found.detail) == (status, detail)
    assert bool(found.hint) == (status != "ok")


def test_the_hint_tells_how_to_suppress_a_value_that_is_not_secret():
    assert verify({}).hint.endswith(
        "if a value is not secret, add # shield: ignore[CRED] and a reason to its line"
    )


def test_a_file_that_was_not_read_is_unknown():
    found = verify(unread=[SkipId.DEPLOYMENT_INVALID_YAML.reason().entry("compose.yml")])
    assert found.status == "unknown"
    assert found.detail == ("compose.yml: " + SkipId.DEPLOYMENT_INVALID_YAML.text)


def test_each_kind_has_a_hint():
    assert set(HINTS) == set(DeploymentKind)
    ecs = {"path": "task.json", "kind": DeploymentKind.ECS}
    hint = verify({}, ecs, ecs).hint
    assert hint.count("Docker Compose: ") == hint.count("ECS: ") == 1
    assert "valueFrom" in hint


@pytest.mark.parametrize(
    ("edited", "told"),
    [
        pytest.param((), True, id="workflows are not edited"),
        pytest.param(("github",), False, id="workflows are edited"),
    ],
)
def test_the_hint_for_a_workflow_names_the_table_that_edits_it(edited, told):
    line = DeploymentVariable(**{**_fields(LINE), "kind": DeploymentKind.GITHUB})
    hint = verify_deployment(Deployment(variables=(line,)), edited).hint
    assert "${{ secrets.NAME }}" in hint
    assert ('edit = ["github"]' in hint) == told
    assert "its job in jobs" in hint


@pytest.mark.parametrize(
    "kind",
    [
        DeploymentKind.COMPOSE,
        DeploymentKind.KUBERNETES,
        DeploymentKind.ECS,
        DeploymentKind.CLOUDFORMATION,
    ],
)
def test_the_hint_for_files_that_apply_edits_leads_to_the_reason(kind):
    line = DeploymentVariable(**{**_fields(LINE), "kind": kind})
    found = verify_deployment(Deployment(variables=(line,)), (kind,))
    assert "shield plan tells why shield apply does not edit it" in found.hint
    assert "[deployment] table" not in found.hint
    assert "[deployment] table" in verify_deployment(Deployment(variables=(line,)), ()).hint


def test_verify_fails_until_the_value_is_removed(tmp_path, aws):
    make_app(tmp_path)
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0

    def check():
        done = run("verify", "--only", "code", "--json", cwd=tmp_path)
        assert "hunter2x" not in done.out + done.err
        found = next(c for c in json.loads(done.out)["checks"] if c["id"] == "values-removed")
        return done.code, found["status"]

    assert check()[1] == "ok"
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    assert check() == (1, "failed")
    (tmp_path / "docker-compose.yml").write_text(
        COMPOSE.replace("hunter2x", "${DATABASE_PASSWORD}")
    )
    assert check()[1] == "ok"
