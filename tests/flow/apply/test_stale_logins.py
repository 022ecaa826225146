"""Apply does not replace a login that works by one that the database rejects."""

from __future__ import annotations

import json
import secrets

import boto3
import pytest
from psycopg import sql
from shield_helpers import run

from shield_ai.model.hidden import Hidden

FIELDS = {
    "database": "DB_NAME",
    "username": "DB_USER",
    "password": "DB_PASSWORD",
    "host": "DB_HOST",
    "port": "DB_PORT",
}
ROTATE = 'rotate = {strategy = "single-user", engine = "postgres", sslmode = "disable"}'


@pytest.fixture
def role(postgres):
    """A role with a database of the same name, and a password that set_password() changes."""
    name = f"r_{secrets.token_hex(4)}"
    postgres.create_role_and_database(name, Hidden("first"), name)
    return name


@pytest.fixture
def set_password(postgres, role):
    def set_password(password):
        statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
        with postgres.connect() as connection:
            connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))

    return set_password


@pytest.fixture
def app(tmp_path, aws, postgres, role):
    """An app whose secret in AWS has the password "first"."""
    reads = [f"{name} = os.environ['{name}']\n" for name in FIELDS.values()]
    (tmp_path / "config.py").write_text("import os\n" + "".join(reads))
    fields = ", ".join(f'{field} = "{name}"' for field, name in FIELDS.items())
    (tmp_path / "shield.toml").write_text(
        '[app]\nname = "shop"\nsettings = ["config.py"]\nregion = "us-east-1"\n'
        f'[[secret]]\nname = "db"\nkind = "database"\nfields = {{{fields}}}\n{ROTATE}\n'
    )
    values = {"DB_NAME": role, "DB_USER": role, "DB_HOST": "127.0.0.1", "DB_PORT": postgres.port}
    lines = [f"{name}={value}\n" for name, value in values.items()]
    (tmp_path / "prod.env").write_text("".join(lines) + "DB_PASSWORD=first\n")
    assert apply(tmp_path).code == 0
    return tmp_path


def apply(app, *options):
    return run("apply", "--only", "aws", "--env-file", "prod.env", "--yes", *options, cwd=app)


def stored():
    """Return the document in AWS."""
    return json.loads(
        boto3.client("secretsmanager").get_secret_value(SecretId="db")["SecretString"]
    )


def rotate(password, stages=("AWSCURRENT", "AWSPENDING")):
    """Store a password as a rotation does."""
    document = json.dumps({**stored(), "password": password})
    client = boto3.client("secretsmanager")
    client.put_secret_value(SecretId="db", SecretString=document, VersionStages=list(stages))


def test_refuses_a_login_that_a_rotation_replaced(app, set_password):
    set_password("second")
    rotate("second")
    refused = apply(app, "--conflict", "replace")
    assert refused.code == 4
    assert "db: the database rejects the new login, but not the one in AWS" in refused.err
    assert "shield pull --env-file" in refused.err
    assert stored()["password"] == "second"


def test_stores_the_new_login_after_a_manual_change(app, set_password):
    set_password("second")
    text = (app / "prod.env").read_text()
    (app / "prod.env").write_text(text.replace("=first", "=second"))
    assert apply(app, "--conflict", "replace").code == 0
    assert stored()["password"] == "second"


def test_stores_a_login_that_works_no_less_than_the_old_one(app, set_password):
    """The database will get this password later."""
    set_password("third")
    rotate("second")
    assert apply(app, "--conflict", "replace").code == 0


@pytest.mark.parametrize(
    ("stages", "code"),
    [
        pytest.param(["AWSCURRENT", "AWSPENDING"], 4, id="rotation"),
        pytest.param(["AWSCURRENT"], 0, id="manual change"),
    ],
)
def test_keeps_a_rotated_password_if_the_database_is_out_of_reach(app, stages, code):
    path = app / "prod.env"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("DB_PORT")]
    path.write_text("\n".join([*lines, "DB_PORT=1\n"]))  # nothing listens there
    rotate("second", stages)
    done = apply(app, "--conflict", "replace")
    assert done.code == code
    assert ("run shield on a host that can reach the database" in done.err) == bool(code)


@pytest.mark.parametrize(
    ("rotated", "code"), [pytest.param(True, 4, id="rotated"), pytest.param(False, 0, id="same")]
)
def test_checks_the_login_in_a_url(app, postgres, role, set_password, rotated, code):
    url = f"postgresql://{role}:{{}}@127.0.0.1:{postgres.port}/{role}?sslmode=disable"
    (app / "config.py").write_text("import os\nDATABASE_URL = os.environ['DATABASE_URL']\n")
    text = (app / "shield.toml").read_text()
    entry = f'[[secret]]\nname = "url"\nkind = "url"\nenv = "DATABASE_URL"\n{ROTATE}\n'
    (app / "shield.toml").write_text(text.partition("[[secret]]")[0] + entry)
    (app / "prod.env").write_text(f"DATABASE_URL={url.format('first')}\n")
    assert apply(app).code == 0
    if rotated:
        set_password("second")
        boto3.client("secretsmanager").put_secret_value(
            SecretId="url", SecretString=url.format("second")
        )
    done = apply(app, "--conflict", "replace")
    assert done.code == code, done.text


def test_stores_the_first_value_of_a_secret_without_one(tmp_path, app):
    """A secret that was created from the output of shield export has no value."""
    client = boto3.client("secretsmanager")
    tags = client.describe_secret(SecretId="db")["Tags"]
    client.delete_secret(SecretId="db", ForceDeleteWithoutRecovery=True)
    client.create_secret(Name="db", Tags=tags)
    text = (app / "prod.env").read_text()
    (app / "prod.env").write_text(text.replace("DB_HOST=127.0.0.1", "DB_HOST=127.0.0.2"))
    assert apply(app).code == 0
    assert stored()["password"] == "first"
