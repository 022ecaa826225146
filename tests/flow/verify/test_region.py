from __future__ import annotations

import json

import pytest
from shield_helpers import make_app, run

HOME, OTHER = "us-east-1", "eu-west-1"


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        pytest.param({"AWS_REGION": OTHER}, "AWS_REGION", id="AWS_REGION"),
        pytest.param({"AWS_DEFAULT_REGION": OTHER}, "AWS_DEFAULT_REGION", id="default"),
        pytest.param(
            {"AWS_REGION": OTHER, "AWS_DEFAULT_REGION": HOME}, "AWS_REGION", id="AWS_REGION first"
        ),
        pytest.param({"AWS_REGION": HOME, "AWS_DEFAULT_REGION": OTHER}, "", id="same region"),
        pytest.param({"AWS_REGION": "eu-north-1"}, "", id="replica"),
        pytest.param({}, "", id="none"),
    ],
)
def test_compares_the_region_of_the_process(tmp_path, aws, monkeypatch, environ, variable):
    make_app(tmp_path)
    assert run("draft", cwd=tmp_path).code == 0
    manifest = tmp_path / "shield.toml"
    text = manifest.read_text()
    assert f'region = "{HOME}"' in text
    manifest.write_text(text.replace("[app]", '[app]\nreplicas = ["eu-north-1"]', 1))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    done = run("verify", "--only", "aws", "--json", cwd=tmp_path, env=environ)
    found = [check for check in json.loads(done.out)["checks"] if check["id"] == "region-used"]
    assert bool(found) == bool(variable)
    for check in found:
        assert check["status"] == "unknown"
        assert check["detail"] == f"{variable} is {OTHER}, but the secrets are in {HOME}"
        assert f"set {variable}={HOME}," in check["hint"]
