from __future__ import annotations

import pytest
from manifest_samples import GOOD

from shield_ai.model.errors import ManifestError
from shield_ai.model.manifest import Rotation
from shield_ai.model.manifest_parser import parse_manifest


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("[app]", "[app", "shield.toml: ", id="invalid TOML"),
        pytest.param(
            'env = "S',
            'envv = "S',
            "shield.toml:9: unknown key `envv`",
            id="unknown key of a secret",
        ),
        pytest.param(
            "region =",
            "regoin =",
            "shield.toml:4: unknown key `regoin`",
            id="unknown key of the app",
        ),
        pytest.param(
            "every", "evry", "shield.toml:15: unknown key `evry`", id="unknown key inside a table"
        ),
        pytest.param(
            'name = "shop"\n', "", "shield.toml:2: missing key `name`", id="missing name of the app"
        ),
        pytest.param(
            'kind = "database"', 'kind = "databse"', "shield.toml:13: ", id="unknown kind"
        ),
        pytest.param(
            '"30 days"', "30", "shield.toml:15: every: expected `str`, got `int`", id="wrong type"
        ),
        pytest.param(
            "[app]",
            "[app]\nreaders_only = 'yes'",
            "shield.toml:3: readers_only: expected `bool`, got `str`",
            id="wrong type of the app",
        ),
        pytest.param(
            "[app]",
            "[app]\ntags = {team = 1}",
            "shield.toml:3: tags: expected `str`, got `int`",
            id="wrong type in a table",
        ),
        pytest.param(
            "[app]",
            "[app]\nreplicas = [1]",
            "shield.toml:3: replicas: expected `str`, got `int`",
            id="wrong type in an array",
        ),
    ],
)
def test_errors_have_the_line(old, new, message):
    with pytest.raises(ManifestError) as caught:
        parse_manifest(GOOD.replace(old, new, 1))
    assert message in caught.value.message


def test_parses_a_manifest():
    manifest = parse_manifest(GOOD)
    assert manifest.app.region == "eu-west-1"
    assert manifest.secret[1].rotate == Rotation(every="30 days")


def test_a_key_with_very_many_parts_is_refused():
    """tomllib would take gigabytes."""
    with pytest.raises(ManifestError, match="too many dots"):
        parse_manifest(".".join(["a"] * 20_000) + "=1")
