from __future__ import annotations

import pytest

MAP = (
    "from ._shield_runtime import SecretsManagerClient\n"
    "client = SecretsManagerClient({'sentry-dsn': 'SENTRY_DSN'})\nget_secret = client.get_secret\n"
)


@pytest.mark.parametrize(
    ("expression", "own", "migrated"),
    [
        pytest.param("os.environ['SENTRY_DSN']", ("SENTRY_DSN",), "SENTRY_DSN", id="the map's"),
        pytest.param("env.db('SENTRY_DSN')", ("SENTRY_DSN",), "SENTRY_DSN", id="not its usual"),
        pytest.param("env.db()", ("DATABASE_URL",), "DATABASE_URL", id="its usual one"),
        pytest.param("os.getenv('NEW_DSN')", ("NEW_DSN",), "NEW_DSN", id="renamed"),
        pytest.param(
            "os.getenv('A_DSN', os.getenv('SENTRY_DSN'))",
            ("A_DSN", "SENTRY_DSN"),
            "SENTRY_DSN",
            id="two",
        ),
        pytest.param("load()", (), "SENTRY_DSN", id="not known"),
    ],
)
def test_the_variables_of_the_expression_in_a_call(scanned, expression, own, migrated):
    head = "import environ, os\nfrom shop.secrets import get_secret\nenv = environ.Env()\n"
    settings = f"{head}X = get_secret('sentry-dsn', lambda: {expression})\n"
    found = scanned({"shop/secrets.py": MAP, "shop/settings.py": settings})
    [call] = found.secret_calls
    assert (call.names, call.variables) == (("sentry-dsn",), own)
    assert found.migrated == (migrated,)
    others = set(own) - {migrated}
    assert {site.variable for _, site in found.sites} == others


@pytest.mark.parametrize("key", ["'password'", "KEY", "'pass' + 'word'"])
def test_the_field_of_a_call(scanned, key):
    secret_map = MAP.replace("'SENTRY_DSN'", "{'username': 'DB_USER', 'password': 'DB_PASSWORD'}")
    head = "from shop.secrets import get_secret\nKEY = 'password'\n"
    settings = f"{head}X = get_secret('sentry-dsn', key={key})\n"
    found = scanned({"shop/secrets.py": secret_map, "shop/settings.py": settings})
    assert found.migrated == ("DB_PASSWORD",)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param("'sentry-dsn', os.environ.get('OTHER_DSN')", id="positional"),
        pytest.param("name='sentry-dsn', default=os.environ.get('OTHER_DSN')", id="keywords"),
        pytest.param("'sentry-dsn', f'{os.environ[\"OTHER_DSN\"]}/1'", id="f-string"),
    ],
)
def test_the_arguments_of_a_call(scanned, arguments):
    settings = f"import os\nfrom shop.secrets import get_secret\nX = get_secret({arguments})\n"
    found = scanned({"shop/secrets.py": MAP, "shop/settings.py": settings})
    assert found.called_variables == {"SENTRY_DSN"}
    assert [site.variable for _, site in found.sites] == ["OTHER_DSN"]


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        pytest.param("f'{kind}_DSN'", ("SENTRY_DSN",), id="computed"),
        pytest.param("kind", (), id="none of the map"),
        pytest.param("'SENTRY_DSN'", ("SENTRY_DSN",), id="constant"),
    ],
)
def test_a_call_with_a_computed_variable(scanned, name, variables):
    head = "import os\nfrom shop.secrets import get_secret\n"
    loop = "for kind in ('SENTRY', 'OTHER'):\n"
    settings = f"{head}{loop}    X = get_secret(env={name}, default=os.getenv('A_TOKEN'))\n"
    found = scanned({"shop/secrets.py": MAP, "shop/settings.py": settings})
    assert found.migrated == variables
    assert [call.names for call in found.secret_calls if call.names] == [("sentry-dsn",)] * len(
        variables
    )
    assert [site.variable for _, site in found.sites] == ["A_TOKEN"]
