from __future__ import annotations

import boto3
import pytest
from shield_helpers import make_app, run

from shield_ai.model.environments import apply_environment, is_production
from shield_ai.model.errors import ManifestError
from shield_ai.model.manifest import App, Environment, Manifest, Secret
from shield_ai.model.manifest_parser import parse_manifest

ENVIRONMENTS = """
[environments.staging]
prefix = "shop/staging/"
env_file = "staging.env"

[environments.production]
prefix = "shop/production/"
region = "eu-west-1"
account = "123456789012"
"""
MANIFEST = Manifest(
    app=App(name="shop", prefix="shop/", tags={"team": "web"}),
    environments={
        "staging": Environment(prefix="shop/staging/", tags={"cost": "7"}),
        "prod": Environment(),
        "demo": Environment(production=True),
        "live": Environment(production=False),
    },
    secret=(Secret(name="a", env="A"),),
)


def test_environment_overrides_the_app():
    app = apply_environment(MANIFEST, "staging").app
    assert (app.prefix, app.region, app.name) == ("shop/staging/", "us-east-1", "shop")
    assert app.tags == {"team": "web", "cost": "7", "environment": "staging"}
    assert apply_environment(MANIFEST, "") is MANIFEST
    assert apply_environment(MANIFEST, "prod").app.prefix == "shop/"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("staging", False), ("prod", True), ("demo", True), ("live", False), ("", False)],
)
def test_is_production(name, expected):
    assert is_production(MANIFEST, name) is expected


def test_unknown_environment():
    with pytest.raises(ManifestError, match="unknown environment 'stagin'") as caught:
        apply_environment(MANIFEST, "stagin")
    assert caught.value.hint == 'did you mean "staging"?'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[environments."a b"]\n', "invalid environment name 'a b'"),
        ('[environments.a]\naccount = "12"\n', "invalid AWS account id"),
        ("[environments.a]\nprefx = 'x'\n", "unknown key `prefx`"),
    ],
)
def test_invalid_environments(text, message):
    with pytest.raises(ManifestError, match=message):
        parse_manifest('[app]\nname = "shop"\n' + text)


@pytest.fixture
def app(tmp_path, aws):
    make_app(tmp_path)
    run("draft", cwd=tmp_path)
    (tmp_path / "shield.toml").write_text((tmp_path / "shield.toml").read_text() + ENVIRONMENTS)
    (tmp_path / "staging.env").write_text(
        (tmp_path / ".env").read_text().replace("MAIL_API_KEY=", "MAIL_API_KEY=staging-")
    )
    return tmp_path


def names(region="us-east-1"):
    found = boto3.client("secretsmanager", region_name=region).list_secrets()["SecretList"]
    return {secret["Name"] for secret in found}


def value(name):
    return boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]


def done(*arguments, app, code=0):
    result = run(*arguments, cwd=app)
    assert result.code == code, result.text
    return result.text


def test_two_environments(app):
    done("apply", "--only", "aws", "--environment", "staging", "--yes", app=app)
    done(
        "apply",
        "--only",
        "aws",
        "--env-file",
        ".env",
        "--environment",
        "production",
        "--yes",
        app=app,
    )
    assert names() == {
        f"shop/staging/{n}" for n in ("django-secret-key", "mail-api-key", "database-credentials")
    }
    assert names("eu-west-1") == {n.replace("staging", "production") for n in names()}
    assert value("shop/staging/mail-api-key").startswith("staging-")
    tags = boto3.client("secretsmanager").describe_secret(SecretId="shop/staging/mail-api-key")[
        "Tags"
    ]
    assert {"Key": "environment", "Value": "staging"} in tags
    assert "nothing to do" in done(
        "apply", "--only", "aws", "--environment", "staging", "--yes", app=app
    )
    assert "4 of 4 checks passed" in done(
        "verify", "--only", "aws", "--environment", "staging", app=app
    )
    assert "the last apply was not to staging" in done(
        "rollback", "--environment", "staging", "--yes", app=app, code=4
    )
    done("rollback", "--yes", app=app)  # of production, which it knows
    assert names("eu-west-1") == set()
    assert len(names()) == 3


def test_rollback_names_what_it_keeps_in_each_environment(app):
    options = ("--only", "aws", "--yes", "--env-file", ".env", "--environment")
    kept = ["shop/staging/mail-api-key", "shop/production/mail-api-key"]
    for name, region, environment in zip(
        kept, ("us-east-1", "eu-west-1"), ("staging", "production"), strict=True
    ):
        done("apply", *options, environment, app=app)
        client = boto3.client("secretsmanager", region_name=region)
        client.put_secret_value(SecretId=name, SecretString="theirs")
    for _ in kept:
        done("rollback", "--yes", app=app, code=6)
    text = done("rollback", "--yes", app=app)
    assert "nothing left to roll back except" in text
    assert all(name in text for name in kept)


def test_rollback_of_an_environment_does_not_undo_an_apply_of_code_alone(app):
    done("apply", "--only", "code", "--yes", "--no-proof", app=app)
    text = done("rollback", "--environment", "staging", "--yes", app=app, code=4)
    assert "the last apply was not to staging" in text
    done("rollback", "--yes", app=app)


def test_production_requires_the_name(app):
    text = done(
        "apply",
        "--only",
        "aws",
        "--env-file",
        ".env",
        "--environment",
        "production",
        app=app,
        code=2,
    )
    assert "changes to production require confirmation" in text


def test_plan_file_selects_its_environment(app):
    done(
        "plan",
        "--only",
        "aws",
        "--env-file",
        ".env",
        "--environment",
        "production",
        "-o",
        "plan.json",
        app=app,
    )
    text = done("apply", "plan.json", "--env-file", ".env", app=app, code=2)
    assert "changes to production require confirmation" in text
    text = done(
        "apply",
        "plan.json",
        "--env-file",
        ".env",
        "--environment",
        "staging",
        "--yes",
        app=app,
        code=4,
    )
    assert "plan.json is for the environment production, not for staging" in text
    assert names("eu-west-1") == names() == set()
    done("apply", "plan.json", "--env-file", ".env", "--yes", app=app)
    assert len(names("eu-west-1")) == 3
    assert names() == set()


def test_rejects_another_account(app):
    path = app / "shield.toml"
    path.write_text(
        path.read_text().replace('account = "123456789012"', 'account = "999999999999"')
    )
    text = done("plan", "--only", "aws", "--environment", "production", app=app, code=4)
    assert (
        "environment production uses account 999999999999, but the credentials belong to account 123456789012"
        in text
    )


def test_copies_from_no_other_account(app):
    path = app / "shield.toml"
    text = path.read_text()
    path.write_text(text.replace('env_file = "staging.env"', 'account = "999999999999"'))
    command = ("plan", "--only", "aws", "--environment", "production", "--copy-from", "staging")
    text = done(*command, app=app, code=4)
    assert "environment staging uses account 999999999999, but the credentials belong to" in text


def test_unknown_profile(app):
    path = app / "shield.toml"
    path.write_text(path.read_text().replace('env_file = "staging.env"', 'profile = "nonesuch"'))
    assert "AWS profile nonesuch not found" in done(
        "plan", "--only", "aws", "--environment", "staging", app=app, code=5
    )


def test_assumes_a_role(app):
    path = app / "shield.toml"
    role = "arn:aws:iam::123456789012:role/Operator"
    path.write_text(path.read_text().replace('env_file = "staging.env"', f'assume = "{role}"'))
    done(
        "apply", "--only", "aws", "--env-file", ".env", "--environment", "staging", "--yes", app=app
    )
    assert len(names()) == 3


def test_rejects_one_prefix_for_two_environments(app):
    done("apply", "--only", "aws", "--environment", "staging", "--yes", app=app)
    path = app / "shield.toml"
    path.write_text(path.read_text() + '\n[environments.test]\nprefix = "shop/staging/"\n')
    text = done("plan", "--only", "aws", "--environment", "test", app=app, code=4)
    assert "belongs to the environment staging" in text


def test_values_from_another_environment(app):
    done("apply", "--only", "aws", "--environment", "staging", "--yes", app=app)
    text = done(
        "apply",
        "--only",
        "aws",
        "--environment",
        "production",
        "--copy-from",
        "staging",
        "--yes",
        app=app,
    )
    assert "staging-" not in text
    assert "would break database-credentials of staging" in " ".join(text.split())
    for name in ("mail-api-key", "database-credentials"):
        there = boto3.client("secretsmanager", region_name="eu-west-1")
        assert there.get_secret_value(SecretId=f"shop/production/{name}")["SecretString"] == value(
            f"shop/staging/{name}"
        )


def test_copied_values_need_no_env_file(app):
    done("apply", "--only", "aws", "--environment", "staging", "--yes", app=app)
    with (app / "shield.toml").open("a") as file:
        file.write('\n[environments.test]\nprefix = "shop/test/"\nenv_file = "missing.env"\n')
    command = ("apply", "--only", "aws", "--environment", "test", "--yes")
    assert "missing.env can't be read" in done(*command, app=app, code=2)
    done(*command, "--copy-from", "staging", app=app)
    assert value("shop/test/mail-api-key") == value("shop/staging/mail-api-key")


def test_values_from_standard_input(app):
    result = run(
        "apply",
        "--only",
        "aws",
        "--env-file",
        "-",
        "--yes",
        cwd=app,
        stdin=(app / ".env").read_text(),
    )
    assert result.code == 0, result.text
    assert "mail-api-key" in names()


def test_placeholder_requires_an_option(app):
    (app / ".env").write_text(
        (app / ".env").read_text().replace("MAIL_API_KEY=", "MAIL_API_KEY=changeme\nX=")
    )
    assert "! mail-api-key (MAIL_API_KEY)" in done(
        "plan", "--only", "aws", "--env-file", ".env", app=app
    )
    text = done("apply", "--only", "aws", "--env-file", ".env", "--yes", app=app, code=2)
    assert "placeholders instead of values: mail-api-key (MAIL_API_KEY)" in text
    assert names() == set()
    done("apply", "--only", "aws", "--env-file", ".env", "--yes", "--allow-placeholders", app=app)
    assert value("mail-api-key") == "changeme"


def test_prompt_requires_a_terminal(app):
    assert "create from a prompt, shop/settings.py\n" in done(
        "plan", "--only", "aws", "--prompt", app=app
    )
    assert "--prompt requires a terminal" in done(
        "apply", "--only", "aws", "--prompt", "--yes", app=app, code=2
    )
    assert names() == set()


def test_generates_a_password(app):
    path = app / "shield.toml"
    path.write_text(
        path.read_text().replace(
            'name = "database-credentials"', 'name = "database-credentials"\ngenerate = true'
        )
    )
    (app / ".env").write_text(
        "".join(
            line + "\n"
            for line in (app / ".env").read_text().splitlines()
            if "PASSWORD" not in line
        )
    )
    done("apply", "--only", "aws", "--env-file", ".env", "--yes", app=app)
    assert len(value("database-credentials").split('"password": "')[1]) > 30
