from __future__ import annotations

import json

import pytest
from shield_helpers import make_app, run

from shield_ai.flow.verify.registry import AwsCheck, CodeCheck, find_checks


def test_json_has_ids_and_keeps_its_other_keys(tmp_path):
    make_app(tmp_path)
    run("draft", cwd=tmp_path)
    checks = json.loads(run("verify", "--only", "code", "--json", cwd=tmp_path).out)["checks"]
    assert [check["id"] for check in checks][:2] == ["code-migrated", "files-unchanged"]
    assert all(check.keys() >= {"id", "name", "status", "detail", "hint"} for check in checks)


@pytest.mark.parametrize(
    ("only", "kind"),
    [pytest.param("code", CodeCheck, id="code"), pytest.param("aws", AwsCheck, id="aws")],
)
def test_verifies_only_aws_or_only_the_code(tmp_path, aws, only, kind):
    make_app(tmp_path)
    run("draft", cwd=tmp_path)
    found = json.loads(run("verify", "--only", only, "--json", cwd=tmp_path).out)["checks"]
    possible = {
        info.id for check in find_checks() if isinstance(check, kind) for info in check.makes
    }
    assert found
    assert {check["id"] for check in found} <= possible


def test_the_checks_are_in_order(tmp_path):
    make_app(tmp_path)
    run("draft", cwd=tmp_path)
    found = json.loads(run("verify", "--only", "code", "--json", cwd=tmp_path).out)["checks"]
    ids = [info.id for check in find_checks() for info in check.makes]
    positions = [ids.index(check["id"]) for check in found]
    assert positions == sorted(positions)


def test_a_folder_without_shield_toml(tmp_path):
    (tmp_path / "app.py").write_text("PORT = 80\n")
    done = run("verify", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "no shield.toml in" in done.err
    assert "run shield draft to create it" in done.err
    assert run("verify", "--only", "code", cwd=tmp_path).code == 0


def test_hints_name_the_selected_environment(tmp_path, aws):
    make_app(tmp_path)
    run("draft", cwd=tmp_path)
    manifest = tmp_path / "shield.toml"
    manifest.write_text(manifest.read_text() + '\n[environments.staging]\nprefix = "staging/"\n')
    command = ["verify", "--only", "aws", "--environment", "staging", "--json"]
    hints = [check["hint"] for check in json.loads(run(*command, cwd=tmp_path).out)["checks"]]
    assert any("shield apply --environment staging" in hint for hint in hints)
    assert not any("shield apply " in hint.replace("apply --environment", "") for hint in hints)
