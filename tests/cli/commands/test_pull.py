"""`shield pull` writes the current values of the AWS emulator into an env file."""

from __future__ import annotations

import json
import os
import secrets
import stat
import subprocess
import sys

import boto3
import pytest
from dotenv import dotenv_values
from fault_proxy import FaultProxy
from shield_helpers import make_app
from shield_helpers import run as run_shield

MANIFEST = """\
[app]
name = "shop"
settings = ["settings.py"]
prefix = "shop/"

[[secret]]
name = "django-secret-key"
env = "SECRET_KEY"

[[secret]]
name = "database-credentials"
kind = "database"
fields = { username = "DB_USER", password = "DB_PASSWORD", port = "DB_PORT" }

[[secret]]
name = "database-url"
env = "DATABASE_URL"

[[secret]]
name = "sentry-dsn"
env = "SENTRY_DSN"
optional = true

[environments.staging]
prefix = "staging/"
"""
PASSWORD = "it's " + secrets.token_hex(8) + ' #"\\'
VALUES = {
    "SECRET_KEY": "$(a`b&" + secrets.token_hex(8),
    "DB_USER": "shop",
    "DB_PASSWORD": PASSWORD,
    "DB_PORT": "5432",
    "DATABASE_URL": "postgres://u:" + secrets.token_hex(8) + "@db/shop?sslmode=require",
}
DOCUMENT = {"username": "shop", "password": PASSWORD, "port": 5432}


@pytest.fixture
def client(aws):
    return boto3.client("secretsmanager")


def store(client, prefix="shop/"):
    client.create_secret(Name=f"{prefix}django-secret-key", SecretString=VALUES["SECRET_KEY"])
    client.create_secret(Name=f"{prefix}database-credentials", SecretString=json.dumps(DOCUMENT))
    client.create_secret(Name=f"{prefix}database-url", SecretString=VALUES["DATABASE_URL"])


@pytest.fixture
def app(tmp_path, client):
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "shield.toml").write_text(MANIFEST)
    store(client)
    return folder


def git(folder, *arguments):
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def require_no_values(done):
    for value in (*VALUES.values(), json.dumps(PASSWORD)):
        if len(value) > 8:
            assert value not in done.text


def test_writes_a_new_file_that_only_its_owner_can_read(app, shield):
    done = shield("pull", "--env-file", ".env", cwd=app)
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == [
        "written to .env: SECRET_KEY, DB_USER, DB_PASSWORD, DB_PORT, DATABASE_URL",
        "optional, not in AWS: SENTRY_DSN",
    ]
    assert stat.S_IMODE((app / ".env").stat().st_mode) == 0o600
    assert dotenv_values(app / ".env") == VALUES
    require_no_values(done)


def test_keeps_the_other_lines_of_a_file(app, shield):
    path = app / ".env"
    path.write_bytes(b"# mine\r\nexport DB_USER=shop # who\r\nDEBUG=1\r\nSECRET_KEY=\r\nLAST=x y")
    path.chmod(0o644)
    done = shield("pull", "--env-file", ".env", "--only", "database-credentials", cwd=app)
    assert done.err.splitlines() == ["written to .env: DB_PASSWORD, DB_PORT", "unchanged: DB_USER"]
    form = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
    assert path.read_bytes() == (
        b"# mine\r\nexport DB_USER=shop # who\r\nDEBUG=1\r\nSECRET_KEY=\r\nLAST=x y\r\n"
        + f'DB_PASSWORD="{form}"\r\nDB_PORT=5432\r\n'.encode()
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_pull_writes_nothing(app, shield):
    assert shield("pull", "--env-file", ".env", cwd=app).code == 0
    before = (app / ".env").stat()
    done = shield("pull", "--env-file", ".env", cwd=app)
    assert done.err.startswith("unchanged: SECRET_KEY, DB_USER, DB_PASSWORD, DB_PORT, DATABASE_URL")
    assert (app / ".env").stat().st_mtime_ns == before.st_mtime_ns


def test_asks_before_it_replaces_a_value(app, shield):
    (app / ".env").write_text("SECRET_KEY=old\n")
    done = shield("pull", "--env-file", ".env", cwd=app)
    assert done.code == 2
    assert "error: confirmation required, but stdin is not a terminal" in done.err
    assert (app / ".env").read_text() == "SECRET_KEY=old\n"
    done = shield("pull", "--env-file", ".env", "--yes", cwd=app)
    assert (done.code, dotenv_values(app / ".env")) == (0, VALUES)


def test_a_shell_reads_the_same_values(app, shield):
    assert shield("pull", "--env-file", ".env", cwd=app).code == 0
    script = "set -a; . ./.env; exec " + sys.executable + ' -c "$1"'
    program = "import json, os; print(json.dumps(dict(os.environ)))"
    done = subprocess.run(
        ["sh", "-c", script, "sh", program], cwd=app, capture_output=True, check=True
    )
    assert json.loads(done.stdout).items() >= VALUES.items()


def test_a_required_secret_that_is_not_in_aws(app, client, shield):
    client.delete_secret(SecretId="shop/django-secret-key", ForceDeleteWithoutRecovery=True)
    client.put_secret_value(
        SecretId="shop/database-credentials", SecretString=json.dumps({"username": "shop"})
    )
    done = shield("pull", "--env-file", ".env", cwd=app)
    assert done.code == 1
    assert done.err.splitlines() == [
        "written to .env: DB_USER, DATABASE_URL",
        "not in AWS: SECRET_KEY, DB_PASSWORD, DB_PORT",
        "hint: shield apply creates the secrets, or restores those that are scheduled for deletion",
        "optional, not in AWS: SENTRY_DSN",
    ]


def test_a_denied_secret_stops_the_command(app, aws, shield, monkeypatch):
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("BatchGetSecretValue", "AccessDeniedException", at=None)
        proxy.answer("GetSecretValue", "AccessDeniedException", at=None)
        done = shield("pull", "--env-file", ".env", cwd=app)
    assert done.code == 5
    assert "error: AWS denied secretsmanager:GetSecretValue on shop/django-secret-key" in done.err
    assert not (app / ".env").exists()


def test_calls_only_what_the_role_of_the_app_may_call(app, aws, shield, monkeypatch):
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("BatchGetSecretValue", "AccessDeniedException", at=None)
        assert shield("pull", "--env-file", ".env", cwd=app).code == 0
        operations = {call.operation for call in proxy.calls}
    assert operations == {"GetCallerIdentity", "BatchGetSecretValue", "GetSecretValue"}
    assert dotenv_values(app / ".env") == VALUES


def test_reads_the_secrets_of_an_environment(app, client, shield):
    store(client, "staging/")
    client.put_secret_value(SecretId="staging/django-secret-key", SecretString="of-staging")
    done = shield("pull", "--env-file", "staging.env", "--environment", "staging", cwd=app)
    assert done.code == 0
    assert dotenv_values(app / "staging.env") == {**VALUES, "SECRET_KEY": "of-staging"}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"SecretString": "a\0b"}, id="NUL"),
        pytest.param({"SecretBinary": b"\xff\xfe"}, id="binary"),
        pytest.param({"SecretString": "it's $HOME"}, id="no-common-quoting"),
    ],
)
def test_refuses_a_value_that_no_env_file_can_hold(app, client, shield, value):
    client.put_secret_value(SecretId="shop/django-secret-key", **value)
    done = shield("pull", "--env-file", ".env", cwd=app)
    assert done.code == 2
    assert "error: an env file can't hold the value of SECRET_KEY\n" in done.err
    assert not (app / ".env").exists()


def test_a_value_with_several_lines(app, client, shield):
    client.put_secret_value(SecretId="shop/django-secret-key", SecretString="one\ntwo\n")
    done = shield("pull", "--env-file", ".env", cwd=app)
    assert dotenv_values(app / ".env")["SECRET_KEY"] == "one\ntwo\n"
    assert "multiline values, which django-environ can't read: SECRET_KEY\n" in done.err


@pytest.mark.parametrize("is_tracked", [True, False])
def test_names_another_file_than_an_example(app, shield, is_tracked):
    git(app, "init", "-q")
    (app / ".env.example").write_text("DEBUG=\n")
    if is_tracked:
        git(app, "add", ".env.example")
    done = shield("pull", "--env-file", ".env.example", cwd=app)
    assert done.code == 4
    assert "hint: name a file for values, such as .env, that git ignores" in done.err


def test_refuses_a_file_that_git_does_not_ignore(app, shield, tmp_path):
    git(app, "init", "-q")
    done = shield("pull", "--env-file", ".env", cwd=app)
    assert done.code == 4
    assert "error: .env is not ignored by git: secrets can't be written there" in done.err
    assert "hint: add the line .env to .gitignore" in done.err
    assert not (app / ".env").exists()
    (app / ".env").write_text("DEBUG=1\n")
    git(app, "add", ".env")
    done = shield("pull", "--env-file", ".env", cwd=app)
    assert done.code == 4
    assert "hint: run git rm --cached .env, and add the line .env to .gitignore" in done.err
    assert (app / ".env").read_text() == "DEBUG=1\n"
    assert shield("pull", "--env-file", str(tmp_path / "outside.env"), cwd=app).code == 0
    (app / ".gitignore").write_text("ignored.env\n")
    assert shield("pull", "--env-file", "ignored.env", cwd=app).code == 0


@pytest.mark.parametrize(
    ("name", "quoted", "line"),
    [
        pytest.param("my app.env", "'my app.env'", "my app.env", id="space"),
        pytest.param("#prod.env", "'#prod.env'", r"\#prod.env", id="comment"),
        pytest.param("!prod.env", "'!prod.env'", r"\!prod.env", id="negation"),
        pytest.param("a#[1]*?.env", "'a#[1]*?.env'", r"a#\[1]\*\?.env", id="pattern"),
        pytest.param("prod.env  ", "'prod.env  '", r"prod.env\ \ ", id="spaces at the end"),
    ],
)
def test_the_hint_works_for_each_file_name(app, shield, name, quoted, line):
    git(app, "init", "-q")
    (app / name).write_text("DEBUG=1\n")
    git(app, "add", "-f", name)
    done = shield("pull", "--env-file", name, cwd=app)
    hint = f"run git rm --cached {quoted}, and add the line {line} to .gitignore"
    assert (done.code, hint in done.err) == (4, True)
    git(app, "rm", "-q", "--cached", name)
    (app / ".gitignore").write_text(f"{line}\n")
    assert shield("pull", "--env-file", name, cwd=app).code == 0


def test_does_not_follow_a_link(app, shield, tmp_path):
    target = tmp_path / "target"
    target.write_text("DEBUG=1\n")
    (app / ".env").symlink_to(target)
    done = shield("pull", "--env-file", ".env", cwd=app)
    assert (done.code, target.read_text()) == (2, "DEBUG=1\n")
    assert "error: .env is a symbolic link" in done.err
    (app / "config").symlink_to(tmp_path)
    done = shield("pull", "--env-file", "config/new.env", cwd=app)
    assert (done.code, (tmp_path / "new.env").exists()) == (2, False)


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/null", "no/such/.env", "."])
def test_refuses_what_is_no_file(app, shield, path):
    done = shield("pull", "--env-file", path, cwd=app)
    assert done.code == 2
    assert done.err.startswith("error: ")
    require_no_values(done)


def test_unknown_names_and_apps(app, shield, tmp_path):
    done = shield("pull", "--env-file", ".env", "--only", "django-key", cwd=app)
    assert done.code == 2
    assert "error: shield.toml does not define the secret django-key" in done.err
    (tmp_path / "empty").mkdir()
    done = shield("pull", "--env-file", ".env", cwd=tmp_path / "empty")
    assert done.code == 2
    assert "error: no Python files of an app in " in done.err


def test_rollback_of_files_does_not_ask_for_a_pull(client, tmp_path):
    make_app(tmp_path)
    assert run_shield("apply", "--env-file", ".env", "--yes", cwd=tmp_path).code == 0
    done = run_shield("rollback", "--only", "code", "--yes", cwd=tmp_path)
    assert (done.code, "shield pull" in done.err) == (0, False)


def test_rollback_after_a_rotation(client, tmp_path):
    """Apply, rotate a value, pull, roll back the code: the settings load with AWS off."""
    app = tmp_path / "shop"
    app.mkdir()
    values = make_app(app)
    assert run_shield("apply", "--env-file", ".env", "--yes", cwd=app).code == 0
    rotated = {"MAIL_API_KEY": "new " + secrets.token_hex(8), "DATABASE_PASSWORD": "it's new"}
    client.put_secret_value(SecretId="mail-api-key", SecretString=rotated["MAIL_API_KEY"])
    document = json.loads(client.get_secret_value(SecretId="database-credentials")["SecretString"])
    document["password"] = rotated["DATABASE_PASSWORD"]
    client.put_secret_value(SecretId="database-credentials", SecretString=json.dumps(document))

    advice = "run shield pull --env-file .env: it copies the current values of 2 secrets"
    asked = run_shield("rollback", cwd=app, stdin="")
    assert advice in asked.err
    refused = run_shield("rollback", "--yes", cwd=app)
    assert refused.err.index(advice) < refused.err.index("scheduled for deletion")
    assert refused.code == 6
    assert "with shield pull --env-file .env, then delete the secret manually" in refused.err
    assert "hint: run shield pull --env-file .env, so that the app has" in refused.err

    pulled = run_shield("pull", "--env-file", ".env", "--yes", cwd=app)
    assert (pulled.code, pulled.err.splitlines()[0]) == (
        1,
        "written to .env: MAIL_API_KEY, DATABASE_PASSWORD",
    )
    assert b"get_secret" not in (app / "shop/settings.py").read_bytes()
    expected = {**values, **rotated}
    program = """if True:
        import json, dotenv
        dotenv.load_dotenv(".env")
        from shop import settings as s
        d = s.DATABASES["default"]
        print(json.dumps([s.SECRET_KEY, s.MAIL_API_KEY, d["USER"], d["PASSWORD"]]))
    """
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=app,
        env={"PATH": os.environ["PATH"], "USE_AWS_SECRETS": "false"},
        capture_output=True,
        check=True,
    )
    names = ("SECRET_KEY", "MAIL_API_KEY", "DATABASE_USER", "DATABASE_PASSWORD")
    assert json.loads(done.stdout) == [expected[name] for name in names]


def test_rollback_after_a_pull_does_not_ask_for_another(client, tmp_path):
    make_app(tmp_path)
    assert run_shield("apply", "--env-file", ".env", "--yes", cwd=tmp_path).code == 0
    client.put_secret_value(SecretId="mail-api-key", SecretString=secrets.token_hex(8))
    assert run_shield("pull", "--env-file", ".env", "--yes", cwd=tmp_path).code == 0
    done = run_shield("rollback", "--yes", cwd=tmp_path)
    assert done.code == 6
    assert "shield pull" not in done.err
    assert "changed since apply: delete the secret manually" in done.err
    assert done.err.endswith("hint: see the reasons above\n")


@pytest.mark.parametrize(
    ("is_rotated", "advice"),
    [(True, "before the rollback, run shield pull --env-file .env: it copies "), (False, "")],
    ids=["rotated", "as stored"],
)
def test_rollback_of_a_later_apply_of_the_code(client, tmp_path, is_rotated, advice):
    """The code reads the variables again, and an earlier apply stored the secrets."""
    make_app(tmp_path)
    assert (
        run_shield("apply", "--only", "aws", "--env-file", ".env", "--yes", cwd=tmp_path).code == 0
    )
    assert run_shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path).code == 0
    if is_rotated:
        client.put_secret_value(SecretId="mail-api-key", SecretString=secrets.token_hex(8))
    asked = run_shield("rollback", cwd=tmp_path, stdin="")
    assert (advice + "the current values of 1 secret," in asked.err) is is_rotated, asked.err
    assert ("shield pull" in asked.err) is is_rotated
    done = run_shield("pull", "--env-file", ".env", "--yes", cwd=tmp_path)
    assert done.code in {0, 1}
    done = run_shield("rollback", "--yes", cwd=tmp_path)
    assert (done.code, "shield pull" in done.err) == (0, False)


def test_rollback_of_files_needs_no_account(client, tmp_path, monkeypatch):
    make_app(tmp_path)
    assert (
        run_shield("apply", "--only", "aws", "--env-file", ".env", "--yes", cwd=tmp_path).code == 0
    )
    assert run_shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path).code == 0
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    done = run_shield("rollback", "--yes", cwd=tmp_path)
    assert (done.code, "shield pull" in done.err) == (0, False), done.err


ADVICE = "before the rollback, run shield pull"


@pytest.mark.parametrize(
    ("file", "is_advised"),
    [
        pytest.param(".env", False, id="the .env"),
        pytest.param("production.env", False, id="another env file"),
        pytest.param("values.txt", True, id="a file that is no env file"),
    ],
)
def test_rollback_knows_the_env_file_with_the_current_values(client, tmp_path, file, is_advised):
    make_app(tmp_path)
    assert run_shield("apply", "--env-file", ".env", "--yes", cwd=tmp_path).code == 0
    client.put_secret_value(SecretId="mail-api-key", SecretString=secrets.token_hex(8))
    assert run_shield("pull", "--env-file", file, "--yes", cwd=tmp_path).code == 0
    assert (ADVICE in run_shield("rollback", cwd=tmp_path).err) is is_advised


@pytest.mark.parametrize("options", [(), ("--remove-literals",)], ids=["kept", "removed"])
def test_rollback_restores_a_literal_without_a_pull(client, tmp_path, options):
    make_app(tmp_path)
    settings = tmp_path / "shop/settings.py"
    literal = f'STRIPE_SECRET_KEY = "{secrets.token_hex(16)}"\n'
    settings.write_text(settings.read_text() + literal)
    (tmp_path / ".gitignore").write_text(".env\n")
    apply = ("apply", "--env-file", ".env", "--yes", "--no-proof", *options)
    assert run_shield(*apply, cwd=tmp_path).code == 0
    assert "stripe-secret-key" in {secret["Name"] for secret in client.list_secrets()["SecretList"]}
    assert ADVICE not in run_shield("rollback", cwd=tmp_path).err
    note = "restores old values: STRIPE_SECRET_KEY in shop/settings.py; replace them"
    assert note not in run_shield("rollback", cwd=tmp_path).err
    client.put_secret_value(SecretId="stripe-secret-key", SecretString=secrets.token_hex(16))
    asked = run_shield("rollback", cwd=tmp_path).err
    assert ADVICE in asked
    assert note in asked


def test_rollback_names_removed_literals_that_a_rotation_replaced(client, tmp_path):
    make_app(tmp_path)
    settings = tmp_path / "shop/settings.py"
    literal = f'STRIPE_SECRET_KEY = "{secrets.token_hex(16)}"\n'
    loads = "from dotenv import load_dotenv\n\nload_dotenv()\n"
    settings.write_text(loads + settings.read_text() + literal)
    (tmp_path / ".gitignore").write_text(".env\n")
    apply = ("apply", "--env-file", ".env", "--yes", "--no-proof", "--remove-literals")
    assert run_shield(*apply, cwd=tmp_path).code == 0
    assert literal not in settings.read_text()
    client.put_secret_value(SecretId="stripe-secret-key", SecretString=secrets.token_hex(16))
    asked = run_shield("rollback", cwd=tmp_path).err
    assert "restores old values: STRIPE_SECRET_KEY in shop/settings.py; replace them" in asked
    assert "the restored code does not read the variables" in asked


@pytest.mark.parametrize("options", [(), ("--force",)], ids=["", "forced"])
def test_rollback_keeps_pulled_values_in_an_env_file_that_apply_edited(client, tmp_path, options):
    values = make_app(tmp_path)
    settings = tmp_path / "shop/settings.py"
    settings.write_text(settings.read_text() + f'STRIPE_SECRET_KEY = "{secrets.token_hex(16)}"\n')
    (tmp_path / ".gitignore").write_text(".env\n")
    apply = ("apply", "--env-file", ".env", "--yes", "--no-proof", "--remove-literals")
    assert run_shield(*apply, cwd=tmp_path).code == 0
    rotated = {name: secrets.token_hex(16) for name in ("mail-api-key", "stripe-secret-key")}
    for name, value in rotated.items():
        client.put_secret_value(SecretId=name, SecretString=value)
    asked = run_shield("rollback", cwd=tmp_path, stdin="").err
    assert f"{ADVICE} --env-file .env: it copies the current values of 2 secrets" in asked
    assert run_shield("pull", "--env-file", ".env", "--yes", cwd=tmp_path).code in {0, 1}
    done = run_shield("rollback", "--yes", *options, cwd=tmp_path)
    assert (done.code, ADVICE in done.err) == (6, False), done.err
    expected = {
        **values,
        "MAIL_API_KEY": rotated["mail-api-key"],
        "STRIPE_SECRET_KEY": rotated["stripe-secret-key"],
    }
    lines = (tmp_path / ".env").read_text().splitlines()
    assert dict(line.split("=", 1) for line in lines) == expected


def test_rollback_names_secrets_that_a_pull_cannot_copy(client, tmp_path):
    make_app(tmp_path)
    assert run_shield("draft", cwd=tmp_path).code == 0
    assert run_shield("apply", "--env-file", ".env", "--yes", cwd=tmp_path).code == 0
    value = secrets.token_hex(8)
    client.put_secret_value(SecretId="mail-api-key", SecretString=value)
    manifest = tmp_path / "shield.toml"
    head, *entries = manifest.read_text().split("[[secret]]")
    kept = [entry for entry in entries if "mail-api-key" not in entry]
    manifest.write_text("[[secret]]".join([head, *kept]))
    unlisted = "mail-api-key: not in shield.toml, so shield pull can't copy it"
    asked = run_shield("rollback", cwd=tmp_path)
    assert ADVICE not in asked.err
    assert unlisted in asked.err
    (tmp_path / "saved.env").write_text(f"OTHER={value}\n")
    assert unlisted not in run_shield("rollback", cwd=tmp_path).err
    (tmp_path / "saved.env").unlink()
    done = run_shield("rollback", "--yes", cwd=tmp_path)
    assert done.code == 6
    assert "aws secretsmanager get-secret-value --secret-id mail-api-key --region" in done.err
    assert "shield pull --env-file" not in done.err
