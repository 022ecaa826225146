from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.errors import ManifestError
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import App, Manifest, Rotation, Secret
from shield_ai.model.manifest_parser import parse
from shield_ai.model.manifest_writer import render

GOOD = """\
# our app
[app]
name = "shop"
region = "eu-west-1"

[[secret]]
name = "django-secret-key"   # the key
kind = "django-secret-key"
env = "SECRET_KEY"

[[secret]]
name = "database-credentials"
kind = "database"
fields = { username = "DB_USER", password = "DB_PASSWORD" }
rotate = { every = "30 days" }
"""


def test_parses_a_manifest():
    manifest = parse(GOOD)
    assert manifest.app.region == "eu-west-1"
    assert manifest.secret[1].rotate == Rotation(every="30 days")
    assert manifest.find_variable("DB_USER") == (manifest.secret[1], "username")
    assert manifest.find_variable("SECRET_KEY") == (manifest.secret[0], "")
    assert manifest.find_variable("OTHER") is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            "[app]\n",
            "[app]\ntags = { a = '$x' }\n",
            "shield.toml:3: invalid tag 'a'",
            id="invalid tag",
        ),
        pytest.param("[app]", "[app", "shield.toml: ", id="invalid TOML"),
        pytest.param(
            "[app]\n",
            f'[app]\nprefix = "{"p/" * 250}"\n',
            "django-secret-key… has 517 characters with the prefix, but AWS allows 512",
            id="too long with the prefix",
        ),
        pytest.param(
            "[[secret]]",
            f'[environments.far]\nprefix = "{"p" * 500}"\n[[secret]]',
            "characters with the prefix",
            id="too long in an environment",
        ),
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
        pytest.param('"30 days"', "30", "shield.toml:15: ", id="wrong type"),
        pytest.param(
            '"SECRET_KEY"',
            '"SECRET-KEY"',
            "shield.toml:6: invalid environment variable 'SECRET-KEY'",
            id="invalid variable",
        ),
        pytest.param(
            '"django-secret-key"   ',
            '"django secret"',
            "shield.toml:6: invalid secret name 'django secret'",
            id="invalid secret name",
        ),
        pytest.param(
            '"django-secret-key"   ',
            '"django-abc123"',
            "ends with a hyphen and six characters, like the suffix of an ARN",
            id="suffix of ARNs",
        ),
        pytest.param(
            '"database-credentials"',
            '"django-secret-key"',
            "shield.toml:11: duplicate secret 'django-secret-key'",
            id="duplicate name",
        ),
        pytest.param(
            'env = "SECRET_KEY"\n', "", "requires either env or fields", id="neither env nor fields"
        ),
        pytest.param(
            "[[secret]]",
            "[rotation]\nlog_days = 2\n\n[[secret]]",
            "shield.toml:6: CloudWatch Logs does not support log_days = 2",
            id="log days",
        ),
        pytest.param(
            "[[secret]]",
            '[rotation]\nsubnets = ["s"]\n\n[[secret]]',
            "subnets and security_groups require each other",
            id="subnets without security groups",
        ),
        pytest.param(
            '"30 days"',
            '"3 hours"',
            "shield.toml:15: rotate of database-cr",
            id="rotation too often",
        ),
        pytest.param(
            '"30 days"', '"soon"', "invalid rotation schedule 'soon'", id="invalid schedule"
        ),
        pytest.param(
            '"30 days"',
            '"1 day", window = "2 d"',
            "invalid rotation window '2 d'",
            id="invalid window",
        ),
        pytest.param(
            '"30 days"', '"1 day", strategy = "x"', "unknown strategy 'x'", id="unknown strategy"
        ),
        pytest.param(
            '"30 days"', '"1 day", sslmode = "x"', "unknown sslmode 'x'", id="unknown sslmode"
        ),
        pytest.param(
            '"30 days"',
            '"1 day", hook = "../x.py"',
            "'../x.py' is outside the app's folder",
            id="hook outside the app",
        ),
        pytest.param(
            '"30 days"',
            '"1 day", ca = "/etc/ca"',
            "'/etc/ca' is outside the app's folder",
            id="certificates outside the app",
        ),
        pytest.param(
            '"30 days"',
            '"1 day", hook = "a-b.py"',
            "'a-b.py' is not a Python module",
            id="hook is not a module",
        ),
        pytest.param(
            'env = "SECRET_KEY"',
            'env = "K"\nrotate = { every = "1 day", strategy = "single-user" }',
            "shield.toml:10: rotate of django-secret-key: strategy single-user does not support",
            id="database strategy for a key",
        ),
    ],
)
def test_error_messages_have_the_line(old, new, message):
    with pytest.raises(ManifestError) as caught:
        parse(GOOD.replace(old, new, 1))
    assert message in caught.value.message


def test_update_preserves_the_text_and_appends():
    old = parse(GOOD)
    new = Manifest(
        app=old.app,
        secret=(*old.secret, Secret(name="stripe-key", kind=Kind.API_KEY, env="STRIPE_KEY")),
    )
    text = render(new, GOOD)
    assert text.startswith(GOOD)
    assert parse(text) == new
    assert render(new, text) == text


names = st.from_regex(r"[a-z]{1,8}-[a-z]{7,9}", fullmatch=True)
variables = st.from_regex(r"[A-Z][A-Z0-9_]{0,9}", fullmatch=True)


@given(st.dictionaries(names, variables, max_size=5), st.text(max_size=9), st.booleans())
def test_parses_what_it_renders(entries, description, optional):
    secrets = tuple(
        Secret(name=name, env=variable, description=description, optional=optional)
        for name, variable in entries.items()
    )
    manifest = Manifest(
        app=App(name="shop", settings=("a.py",), tags={"team": "x"}), secret=secrets
    )
    assert parse(render(manifest)) == manifest
