from __future__ import annotations

import pytest
from manifest_samples import GOOD

from shield_ai.model.errors import ManifestError
from shield_ai.model.manifest import Rotation
from shield_ai.model.manifest_parser import parse_manifest


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("[app]", "[app", "shield.toml:2: expected ']'", id="invalid TOML"),
        pytest.param(
            'env = "S',
            'envv = "S',
            "shield.toml:9: unknown key `envv`",
            id="unknown key of a secret",
        ),
        pytest.param("region = ", '# region = ""\nregion = 1 # ', "shield.toml:5: ", id="comment"),
        pytest.param(
            "[app]",
            "[ app ]\nreaders_only = 'yes'",
            "shield.toml:3: readers_only: ",
            id="spaces in a header",
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
            '"30 days"',
            "30",
            "shield.toml:15: every: expected a string, got an integer",
            id="wrong type",
        ),
        pytest.param(
            "[app]",
            "[app]\nreaders_only = 'yes'",
            "shield.toml:3: readers_only: expected true or false, got a string",
            id="wrong type of the app",
        ),
        pytest.param(
            "[app]",
            "[app]\ntags = {team = 1}",
            "shield.toml:3: tags: expected a string, got an integer",
            id="wrong type in a table",
        ),
        pytest.param(
            "[app]",
            "[app]\nreplicas = [1]",
            "shield.toml:3: replicas: expected a string, got an integer",
            id="wrong type in an array",
        ),
        pytest.param(
            "[app]",
            "[app]\nreplicas = 1",
            "shield.toml:3: replicas: expected an array, got an integer",
            id="no array",
        ),
        pytest.param(
            'kind = "database"',
            'description = "Some kind. See ] # kind = x"\nkind = "x"',
            "shield.toml:14: invalid value of kind",
            id="key in a value",
        ),
        pytest.param(
            "# our app",
            "# our\u2028app\x85\nenvironments = 1",
            "shield.toml:2: environments: ",
            id="line separators of Unicode",
        ),
        pytest.param(
            "rotate = {",
            "[secret.rotate]\nevery = 5 # ",
            "shield.toml:16: every: ",
            id="table of a secret",
        ),
        pytest.param(
            "# our app",
            "environments = 1",
            "shield.toml:1: environments: expected a table, got an integer",
            id="no table",
        ),
        pytest.param(
            "# our app",
            "environments = {prod = 1}",
            "shield.toml: environments: expected a table, got an integer",
            id="no table in a table",
        ),
    ],
)
def test_errors_have_the_line(old, new, message):
    with pytest.raises(ManifestError) as caught:
        parse_manifest(GOOD.replace(old, new, 1))
    assert message in caught.value.message


TABLES = """
[rotation]
subnets = []

[environments.staging]
region = "eu-west-1"

[environments.prod]
region = "eu-west-1"
replicas = []

[environments.prod.tags]
team = "x"
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            "subnets = []", "subnets = [1]", ":18: subnets: expected a string", id="rotation"
        ),
        pytest.param(
            'prod]\nregion = "eu-west-1"', "prod]\nregion = 1", ":24: region: ", id="environment"
        ),
        pytest.param("replicas = []", "replicas = [1]", ":25: replicas: ", id="array"),
        pytest.param('team = "x"', "team = 1", ":27: tags: ", id="table below"),
        pytest.param("replicas", "replica", ":25: unknown key `replica`", id="unknown key"),
    ],
)
def test_errors_after_the_secrets_have_the_line(old, new, message):
    text = GOOD + TABLES
    assert old in text
    with pytest.raises(ManifestError) as caught:
        parse_manifest(text.replace(old, new, 1))
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        pytest.param("[rotation]", "subnets, security_groups, log_days", id="rotation"),
        pytest.param("[monitoring]", "readers, email, topic, namespace, errors", id="monitoring"),
        pytest.param("[environments.prod]", "prefix, region, kms_key, role", id="environment"),
        pytest.param("[secret.rotate]", "every, strategy, engine, admin", id="rotate"),
        pytest.param("[[secret]]", "name, kind, env, fields", id="secret"),
    ],
)
def test_the_hint_names_the_keys_of_the_table(table, keys):
    text = GOOD.replace("rotate = {", "# ") + f"\n{table}\nunknwon = 1\n"
    with pytest.raises(ManifestError) as caught:
        parse_manifest(text)
    assert caught.value.message.endswith("unknown key `unknwon`")
    assert caught.value.hint.startswith(f"known keys: {keys}")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('[app]\nname = "x"\nregion = 1', "put the value in quotes"),
        ('[app]\nname = "x"\nreplicas = "x"', 'write an array, such as ["a", "b"]'),
        ('[app]\nname = "x"\nreaders_only = "true"', "write true or false, without quotes"),
        ('environments = {a = 1}\n[app]\nname = "x"', "write keys and values, such as { name = "),
        ('[app]\nname = "x"\n[monitoring]\nerrors = "1"', "write the number without quotes"),
        (
            '[app]\nname = "x"\n[[secret]]\nname = "x"\nenv = "X"\nrotate = "x"',
            'use "manual" or a table, such as { every = "30 days" }',
        ),
    ],
)
def test_hints_for_values(text, hint):
    with pytest.raises(ManifestError) as caught:
        parse_manifest(text)
    assert caught.value.hint.startswith(hint)


def test_an_unknown_kind_is_not_quoted():
    text = GOOD.replace('kind = "database"', 'kind = "value - at `rest"')
    with pytest.raises(ManifestError) as caught:
        parse_manifest(text)
    assert caught.value.message == "shield.toml:13: invalid value of kind"


def test_parses_a_manifest():
    manifest = parse_manifest(GOOD)
    assert manifest.app.region == "eu-west-1"
    assert manifest.secret[1].rotate == Rotation(every="30 days")


def test_a_key_with_very_many_parts_is_refused():
    """tomllib would take gigabytes."""
    with pytest.raises(ManifestError, match="too many dots"):
        parse_manifest(".".join(["a"] * 20_000) + "=1")
