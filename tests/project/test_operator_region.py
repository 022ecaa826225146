from __future__ import annotations

import pytest

from shield_ai.project.operator_region import operator_region

CONFIG = "[default]\nregion = eu-west-1\n[profile shop]\nregion=eu-west-2\n[profile empty]\n"


@pytest.mark.parametrize(
    ("config", "variables", "region"),
    [
        pytest.param(None, {}, "", id="nothing"),
        pytest.param(CONFIG, {}, "eu-west-1", id="file"),
        pytest.param(CONFIG, {"AWS_PROFILE": "shop"}, "eu-west-2", id="profile"),
        pytest.param(
            CONFIG, {"AWS_DEFAULT_PROFILE": "shop", "AWS_PROFILE": "empty"}, "eu-west-2", id="boto3"
        ),
        pytest.param(CONFIG, {"AWS_PROFILE": "empty"}, "", id="profile without a region"),
        pytest.param(
            '[profile "my shop"]\nregion = eu-west-2',
            {"AWS_PROFILE": "my shop"},
            "eu-west-2",
            id="profile with a space",
        ),
        pytest.param(
            "[default]\nregion = eu-west-1\n[profile default]\nregion = eu-west-2",
            {},
            "eu-west-2",
            id="default profile",
        ),
        pytest.param(CONFIG, {"AWS_DEFAULT_REGION": "eu-west-3"}, "eu-west-3", id="variable"),
        pytest.param(
            CONFIG,
            {"AWS_DEFAULT_REGION": "eu-west-3", "AWS_REGION": "eu-north-1"},
            "eu-north-1",
            id="both variables",
        ),
        pytest.param("region = x\n[", {}, "", id="invalid file"),
    ],
)
def test_operator_region(tmp_path, monkeypatch, config, variables, region):
    path = tmp_path / "config"
    if config:
        path.write_text(config)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    for name, value in {"AWS_CONFIG_FILE": str(path), **variables}.items():
        monkeypatch.setenv(name, value)
    assert operator_region() == region
