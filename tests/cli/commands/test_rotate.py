"""`shield rotate` on secrets in the AWS emulator and a database user in a real PostgreSQL."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import secrets
import sys
from datetime import UTC, datetime, timedelta

import boto3
import psycopg
import pytest
from fault_proxy import FaultProxy
from shield_helpers import make_app, run

from shield_ai.__main__ import main
from shield_ai.model.hidden import Hidden

MANIFEST = """\
[app]
name = "shop"
settings = ["settings.py"]

[[secret]]
name = "database-credentials"
kind = "database"
fields = {{ username = "DB_USER", password = "DB_PASSWORD", host = "DB_HOST", port = "DB_PORT", database = "DB_NAME" }}
rotate = {{ every = "30 days", strategy = "postgres-single-user", sslmode = "disable" }}

[[secret]]
name = "django-secret-key"
kind = "django-secret-key"
env = "SECRET_KEY"
rotate = "manual"

[[secret]]
name = "token"
env = "TOKEN"
rotate = {{ every = "{every}", strategy = "random-value" }}

[[secret]]
name = "stripe-secret-key"
kind = "api-key"
env = "STRIPE_SECRET_KEY"
rotate = {{ every = "90 days" }}

[[secret]]
name = "never"
env = "NEVER"
"""
HOOK = """\
made = []
def issue(current, token): made.append("key-" + token); return made[-1]
def test(value): assert value in made
def revoke(value): made.remove(value)
"""


class App:
    """An app with secrets in AWS."""

    def __init__(self, folder, capsys):
        self.folder, self.capsys = folder, capsys
        self.client = boto3.client("secretsmanager")
        self.write()
        (folder / "settings.py").write_text("SECRET_KEY = 1\n")
        for name in ("django-secret-key", "token", "stripe-secret-key", "never"):
            self.client.create_secret(Name=name, SecretString=secrets.token_hex(12))

    def write(self, every="60 days", old="", new=""):
        (self.folder / "shield.toml").write_text(MANIFEST.format(every=every).replace(old, new, 1))

    def shield(self, *arguments):
        code = main(["rotate", "--app", str(self.folder), *arguments])
        out = self.capsys.readouterr()
        return code, out.out, out.err

    def value(self, name, stage="AWSCURRENT"):
        return self.client.get_secret_value(SecretId=name, VersionStage=stage)["SecretString"]

    def begin(self, name):
        """Create the pending version of an interrupted rotation."""
        value = secrets.token_hex(12)
        self.client.put_secret_value(
            SecretId=name, SecretString=value, VersionStages=["AWSPENDING"]
        )
        return value


@pytest.fixture
def app(aws, tmp_path, capsys):
    return App(tmp_path, capsys)


@pytest.fixture
def database(app, postgres):
    """Create a database user and its secret; return a function that tests the current login."""
    user, password = "shop_" + secrets.token_hex(4), Hidden(secrets.token_urlsafe(12))
    postgres.create_role_and_database(user, password, user)
    place = {"host": postgres.host, "port": str(postgres.port), "database": user}
    app.client.create_secret(
        Name="database-credentials",
        SecretString=json.dumps({"username": user, "password": password.reveal(), **place}),
    )

    def works():
        now = json.loads(app.value("database-credentials"))
        try:
            postgres.connect(user, user, Hidden(now["password"])).close()
        except psycopg.OperationalError:
            return False
        return True

    works.user, works.server = user, f"{postgres.host}:{postgres.port}"
    yield works
    with postgres.connect() as superuser:
        superuser.execute(f"DROP DATABASE {user} WITH (FORCE)")
        superuser.execute(f"DROP ROLE {user}")


def test_rotates_a_database_password_step_by_step(app, database):
    before = app.value("database-credentials")
    code, out, err = app.shield("database-credentials", "--yes")
    assert (code, out) == (0, "")
    preview, _, steps = err.partition("\n\n")
    assert preview.splitlines()[:3] == [
        "About to rotate database-credentials:",
        "  strategy   postgres-single-user, on this machine",
        f"  database   {database.server}, user {database.user}",
    ]
    preview = " ".join(preview.split())
    assert "Open connections stay open; new connections need the new value." in preview
    assert "Processes that read the secret only at startup need a restart right after" in preview
    assert max(map(len, err.splitlines())) <= 80
    assert steps.splitlines() == [
        "database-credentials",
        "  createSecret   new value created as AWSPENDING",
        "  setSecret      new value set",
        "  testSecret     new value tested",
        "  finishSecret   new value is AWSCURRENT",
    ]
    assert (
        app.value("database-credentials")
        != before
        == app.value("database-credentials", "AWSPREVIOUS")
    )
    assert database()


def share_login(app):
    """Store the database login in a second secret, as a broker in the same database has it."""
    login = json.loads(app.value("database-credentials"))
    place = f"{login['host']}:{login['port']}/{login['database']}"
    url = f"sqla+postgresql://{login['username']}:{login['password']}@{place}"
    app.client.put_secret_value(SecretId="never", SecretString=url)
    return login["password"]


def test_warns_that_the_emulator_discards_a_password(app, database, monkeypatch):
    monkeypatch.setenv("SHIELD_LOCAL", "true")
    text = "the AWS emulator discards the new password of database-credentials when it stops"
    assert text in " ".join(app.shield("database-credentials", "--yes")[2].split())
    assert "the AWS emulator" not in app.shield("token", "--yes")[2]


def test_a_login_of_two_secrets_is_not_rotated(app, database, in_61_days):
    password = share_login(app)
    for arguments in (("database-credentials", "--yes"), ("--due", "--yes")):
        code, out, err = app.shield(*arguments)
        assert code == 2
        assert "rotation of database-credentials would break never" in err
        assert "create a second database user for never" in err
        assert password not in out + err
    assert database()


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_login_of_two_environments_is_not_rotated(app, database, region):
    login = app.value("database-credentials")
    app.write()
    with (app.folder / "shield.toml").open("a") as file:
        file.write(f'[environments.production]\nprefix = "prod/"\nregion = "{region}"\n')
    boto3.client("secretsmanager", "us-east-1").create_secret(
        Name="prod/database-credentials", SecretString=login
    )
    code, out, err = app.shield("database-credentials", "--yes")
    if region == "us-east-1":
        assert code == 2
        assert "would break database-credentials of production, which contains the same" in err
        assert app.value("database-credentials") == login
        verified = main(["verify", "--only", "aws", str(app.folder)])
        assert "would break database-credentials of production" in " ".join(
            app.capsys.readouterr().out.split()
        )
        assert verified == 1
    else:
        assert code == 0
    assert json.loads(login)["password"] not in out + err
    assert database()


def test_resume_after_a_failed_step(app, database):
    """The server first rejects the connection, then accepts it."""
    app.write(old='sslmode = "disable"', new='sslmode = "verify-full"')
    code, _, err = app.shield("database-credentials", "--yes")
    assert code == 2
    assert "  setSecret      failed\nerror: setSecret: PostgreSQL rejected the connection" in err
    assert 'set rotate = { …, sslmode = "disable" } in shield.toml; then resume with shield' in err
    assert database()
    pending = app.value("database-credentials", "AWSPENDING")
    code, _, err = app.shield("database-credentials", "--yes")
    assert (code, "is pending already" in err) == (2, True)
    app.write()
    assert app.shield("database-credentials", "--resume", "--yes")[0] == 0
    assert app.value("database-credentials") == pending
    assert database()


@pytest.mark.parametrize(
    ("place", "source"),
    [
        pytest.param({"port": "1"}, "check host and port in the secret", id="port"),
        pytest.param({"engine": "mysql"}, "the secret has no port, so the default port was used", id="default"),
    ],
)  # fmt: skip
def test_names_the_server_that_cannot_be_reached(app, database, place, source):
    document = json.loads(app.value("database-credentials"))
    del document["port"]
    document = {**document, "host": "127.0.0.1", **place}
    app.client.put_secret_value(SecretId="database-credentials", SecretString=json.dumps(document))
    app.write(old="postgres-single-user", new=f"{place.get('engine', 'postgres')}-single-user")
    _, _, err = app.shield("database-credentials", "--yes")
    assert f"the database server 127.0.0.1:{place.get('port', 3306)} can't be reached" in err
    assert source in err


def test_says_how_to_update_the_env_file(app, database):
    (app.folder / ".env").write_text("OTHER=1\n")
    assert "shield pull" not in app.shield("database-credentials", "--yes")[2]
    (app.folder / ".env").write_text("DB_PASSWORD=old\n")
    err = app.shield("database-credentials", "--yes")[2]
    assert ".env still has the old value: shield pull --env-file .env writes the current" in err


def test_due_names_each_env_file_once(app, database, in_61_days):
    (app.folder / ".env").write_text("DB_PASSWORD=old\nTOKEN=old\n")
    err = app.shield("--due", "--yes")[2]
    assert err.splitlines()[-2:] == [
        "2 of 2 due secrets rotated",
        ".env still has 2 old values: shield pull --env-file .env writes the current ones",
    ]


def test_a_strategy_needs_no_schedule(app, database):
    app.write(old='every = "30 days", ')
    assert app.shield("database-credentials", "--yes")[0] == 0
    assert database()
    assert "no schedule" in app.shield("--status")[1]


@pytest.mark.parametrize("module", ["shield_runtime", "shop.utils._shield_runtime"])
def test_a_backend_needs_no_restart(app, database, module):
    settings = f'DATABASES = {{"default": {{"ENGINE": "{module}.django.postgresql"}}}}\n'
    (app.folder / "settings.py").write_text(settings)
    preview = " ".join(app.shield("database-credentials", "--yes")[2].split())
    assert "Databases with the backend shield_runtime.django need none" in preview
    assert "restart right after" not in preview
    app.write(old='sslmode = "disable"', new='sslmode = "verify-full"')
    assert app.shield("database-credentials", "--yes")[0] == 2
    app.write()
    resumed = " ".join(app.shield("database-credentials", "--resume", "--yes")[2].split())
    assert "About to resume" in resumed
    assert "Databases with the backend shield_runtime.django need none" in resumed


def test_the_url_of_a_database_is_not_a_key_of_a_provider(app, monkeypatch):
    url = "postgres://shop:old-password@127.0.0.1:5432/shop"
    app.client.create_secret(Name="database-url", SecretString=url)
    app.write(
        old='name = "never"\nenv = "NEVER"',
        new='name = "database-url"\nkind = "url"\nenv = "DATABASE_URL"',
    )
    assert "database-url" in app.shield()[2]
    assert "database-url" in app.shield("--status")[1]
    monkeypatch.setattr("sys.stdin", io.StringIO("postgres://new\n"))
    err = app.shield("database-url", "--yes")[2]
    assert 'rotate = { strategy = "single-user" }' in err
    assert "provider" not in err


def test_a_secret_without_a_host_needs_the_field(app, database):
    text = json.dumps({"username": "shop", "password": "unchanged"})
    app.client.put_secret_value(SecretId="database-credentials", SecretString=text)
    code, _, err = app.shield("database-credentials", "--yes")
    assert code == 2
    assert 'createSecret: field "host" of the secret is missing' in err
    hint = " ".join(err.partition("hint: ")[2].split())
    assert hint.startswith("nothing was changed; run shield pull")
    assert "add host and port to the fields in shield.toml" in hint
    assert "shield apply --conflict replace" in hint
    assert app.value("database-credentials") == text


def test_unknown_strategy_changes_nothing(app, database):
    app.write(old='strategy = "postgres-single-user", ')
    code, _, err = app.shield("database-credentials", "--yes")
    assert code == 2
    assert "createSecret: the database engine is unknown: set rotate.engine in shield.toml" in err
    assert "hint: nothing was changed; check rotate in shield.toml" in err
    assert (
        app.shield("--cancel", "database-credentials")[2]
        == "database-credentials: no rotation is pending\n"
    )


def test_django_key_takes_two_restarts(app):
    old = app.value("django-secret-key")
    code, _, err = app.shield("django-secret-key", "--yes")
    assert code == 0
    assert "two rolling restarts" in err
    assert "The settings have no SECRET_KEY_FALLBACKS" in err
    assert err.endswith(
        "To keep users logged in, first add SECRET_KEY_FALLBACKS and deploy. Then run\n"
        "  shield rotate --resume django-secret-key\n"
    )
    assert app.value("django-secret-key") == old
    new = app.value("django-secret-key", "AWSPENDING")
    code, _, err = app.shield("django-secret-key", "--resume", "--yes")
    assert code == 0
    assert "The settings have no SECRET_KEY_FALLBACKS" in err
    assert "Restart the processes again" in err
    assert "all users are logged out" in err
    assert "old key is accepted" not in err
    assert "two rolling restarts" not in err
    assert "  createSecret   existing pending value used\n" in err
    assert "  finishSecret   new value is AWSCURRENT\n" in err
    assert app.value("django-secret-key") == new
    assert app.value("django-secret-key", "AWSPREVIOUS") == old
    (app.folder / "settings.py").write_text(
        'SECRET_KEY_FALLBACKS = [get_secret("x", stage="AWSPENDING")]\n'
    )
    _, _, err = app.shield("django-secret-key", "--yes")
    assert "have no SECRET_KEY_FALLBACKS" not in err
    assert "  createSecret   new value created as AWSPENDING\n" in err
    _, _, err = app.shield("django-secret-key", "--resume", "--yes")
    assert "have no SECRET_KEY_FALLBACKS" not in err
    assert "The old key is accepted\nuntil the next rotation." in err


def test_printed_fallbacks_work_in_settings(app, monkeypatch):
    """Run the printed fallbacks as settings."""
    text = app.shield("django-secret-key", "--yes")[2]
    lines = text[text.index("    SECRET_KEY_FALLBACKS") : text.index("    ]\n") + 6]
    code = "from shield_runtime import SecretsManagerClient\nget_secret = SecretsManagerClient().get_secret\n"
    code += "\n".join(line[4:] for line in lines.splitlines())
    monkeypatch.setenv("USE_AWS_SECRETS", "true")
    settings = {}
    exec(code, settings)  # printed by shield
    assert settings["SECRET_KEY_FALLBACKS"] == [app.value("django-secret-key", "AWSPENDING")]
    app.shield("django-secret-key", "--yes", "--resume")
    exec(code, settings)  # printed by shield
    assert app.value("django-secret-key", "AWSPREVIOUS") in settings["SECRET_KEY_FALLBACKS"]


def test_manual_rotation(app, monkeypatch):
    old = app.value("stripe-secret-key")
    monkeypatch.setattr("sys.stdin", io.StringIO("provider-value-2\n"))
    code, out, err = app.shield("stripe-secret-key", "--yes")
    assert code == 0
    assert "Create a second key at the provider" in err
    assert "provider-value-2" not in out + err
    assert app.value("stripe-secret-key") == "provider-value-2"
    assert app.value("stripe-secret-key", "AWSPREVIOUS") == old


@pytest.mark.parametrize(
    ("stored", "after"),
    [('{"value": "a", "b": 1}', '{"value": "new", "b": 1}'), ('{"user": "a"}', None)],
    ids=["the usual field", "no usual field"],
)
def test_manual_rotation_of_a_json_field(app, monkeypatch, stored, after):
    app.client.put_secret_value(SecretId="stripe-secret-key", SecretString=stored)
    monkeypatch.setattr("sys.stdin", io.StringIO("new\n"))
    code, _, err = app.shield("stripe-secret-key", "--yes")
    assert (code, "JSON without any of the fields value, password, secret, key" in err) == (
        (0, False) if after else (2, True)
    )
    assert app.value("stripe-secret-key") == (after or stored)


def test_manual_rotation_to_the_same_value(app, monkeypatch):
    app.client.put_secret_value(SecretId="stripe-secret-key", SecretString="second")
    monkeypatch.setattr("sys.stdin", io.StringIO("second\n"))
    code, _, err = app.shield("stripe-secret-key", "--yes")
    assert (code, "already has this value; nothing was changed" in err) == (2, True)
    assert app.value("stripe-secret-key", "AWSPREVIOUS") != "second"


def test_manual_rotation_of_a_url_needs_a_url(app, monkeypatch):
    app.client.create_secret(Name="queue-url", SecretString="amqp://a:b@mq")
    app.write(
        old='name = "never"\nenv = "NEVER"',
        new='name = "queue-url"\nkind = "url"\nenv = "QUEUE_URL"',
    )
    monkeypatch.setattr("sys.stdin", io.StringIO("new-password\n"))
    code, _, err = app.shield("queue-url", "--yes")
    assert (code, "the new value is not a URL" in err) == (2, True)
    assert app.value("queue-url") == "amqp://a:b@mq"


CLIENT = 'fields = { client_id = "GITHUB_CLIENT_ID", client_secret = "GITHUB_CLIENT_SECRET" }'
KEYS = 'fields = { access_key_id = "S3_ACCESS_KEY", secret_access_key = "S3_SECRET_KEY" }'


@pytest.mark.parametrize(
    ("fields", "stored", "typed", "after"),
    [
        pytest.param(CLIENT, {"client_id": "a", "client_secret": "b"}, "new\n", {"client_id": "a", "client_secret": "new"}, id="the secret of a client"),
        pytest.param(KEYS, {"access_key_id": "a", "secret_access_key": "b"}, "id\nkey\n", {"access_key_id": "id", "secret_access_key": "key"}, id="both halves of a key"),
        pytest.param(KEYS, {"access_key_id": "a", "secret_access_key": "b"}, "id\n", None, id="one half of a key is not enough"),
        pytest.param(KEYS, {"access_key_id": "a", "secret_access_key": "b"}, "id\nkey\nmore\n", None, id="a line too many"),
        pytest.param(CLIENT, {"client_id": "a"}, "new\n", None, id="a document without it"),
    ],
)  # fmt: skip
def test_manual_rotation_of_a_pair(app, monkeypatch, fields, stored, typed, after):
    app.write(old='env = "STRIPE_SECRET_KEY"', new=fields)
    app.client.put_secret_value(SecretId="stripe-secret-key", SecretString=json.dumps(stored))
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    code, _, err = app.shield("stripe-secret-key", "--yes")
    assert code == (0 if after else 2), err
    assert json.loads(app.value("stripe-secret-key")) == (after or stored)


def test_hook_rotates_the_secret_of_a_pair(app):
    (app.folder / "hook.py").write_text(HOOK.replace("made.remove(value)", "pass"))
    app.write(
        old='env = "STRIPE_SECRET_KEY"\nrotate = { every',
        new=CLIENT + '\nrotate = { hook = "hook.py", every',
    )
    stored = {"client_id": "a", "client_secret": "b"}
    app.client.put_secret_value(SecretId="stripe-secret-key", SecretString=json.dumps(stored))
    code, _, err = app.shield("stripe-secret-key", "--yes")
    assert code == 0, err
    found = json.loads(app.value("stripe-secret-key"))
    assert (found["client_id"], found["client_secret"][:4]) == ("a", "key-")


KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\nabc=\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"], ids=["no newline", "LF", "CRLF"])
def test_manual_rotation_stores_all_lines_of_a_key(app, monkeypatch, end):
    monkeypatch.setattr("sys.stdin", io.StringIO(KEY + end))
    code, _, err = app.shield("stripe-secret-key", "--yes")
    assert (code, app.value("stripe-secret-key")) == (0, KEY), err


def test_first_line_of_a_pasted_key_is_refused(app):
    old = app.value("stripe-secret-key")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(app.folder)
        os.execv(sys.executable, [sys.executable, "-m", "shield_ai", "rotate", "stripe-secret-key"])
    seen = b""
    while b"hidden input" not in seen:
        seen += os.read(terminal, 1024)
    os.write(terminal, KEY.encode() + b"\n")
    with contextlib.suppress(OSError):
        while chunk := os.read(terminal, 1024):
            seen += chunk
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert b"only the first line of the key was read; nothing was changed" in seen
    assert b"MIIEvQ" not in seen
    assert app.value("stripe-secret-key") == old


@pytest.mark.parametrize(
    ("typed", "arguments", "message"),
    [
        ("", ["--yes"], "the new value is empty; nothing was changed"),
        ("changeme\n", ["--yes"], "the new value is a placeholder; nothing was changed"),
        ("<your key>\n", ["--yes"], "the new value is a placeholder; nothing was changed"),
        (" new\n", ["--yes"], "the new value starts or ends with white space; nothing was changed"),
        ("y\n", ["--yes"], "the new value has fewer than 8 characters"),
        ("new\n", [], "confirmation required, but stdin is not a terminal"),
    ],
    ids=["empty", "placeholder", "template", "space", "short", "no confirmation"],
)
def test_manual_rotation_without_a_value(app, monkeypatch, typed, arguments, message):
    old = app.value("stripe-secret-key")
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    code, _, err = app.shield("stripe-secret-key", *arguments)
    assert (code, message in err) == (2, True)
    assert app.value("stripe-secret-key") == old


def test_terminal_input_is_hidden(app, aws):
    typed = secrets.token_hex(8)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(app.folder)
        os.execv(sys.executable, [sys.executable, "-m", "shield_ai", "rotate", "stripe-secret-key"])
    seen = b""
    while b"(hidden input)" not in seen:
        seen += os.read(terminal, 1000)
    os.write(terminal, typed.encode() + b"\n")
    try:
        while more := os.read(terminal, 1000):
            seen += more
    except OSError:  # the other end is closed
        pass
    assert os.waitpid(child, 0)[1] == 0, seen
    assert typed.encode() not in seen
    assert app.value("stripe-secret-key") == typed
    os.close(terminal)


def test_hook(app):
    (app.folder / "ops").mkdir()
    (app.folder / "ops/stripe_keys.py").write_text(HOOK)
    app.write(old='"90 days"', new='"90 days", hook = "ops/stripe_keys.py"')
    assert app.shield("stripe-secret-key", "--yes")[0] == 0
    assert app.value("stripe-secret-key").startswith("key-")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (None, "the hook keys.py is not in the app's folder"),
        ("1/0", "can't be imported: ZeroDivisionError"),
    ],
    ids=["missing", "broken"],
)
def test_invalid_hook(app, code, message):
    if code:
        (app.folder / "keys.py").write_text(code)
    app.write(old='"90 days"', new='"90 days", hook = "keys.py"')
    result, _, err = app.shield("stripe-secret-key", "--yes")
    assert (result, message in err) == (2, True)


@pytest.fixture
def in_61_days(monkeypatch):
    later = datetime.now(UTC) + timedelta(days=61)
    monkeypatch.setattr("shield_ai.flow.rotate.rotation_reader.now", lambda: later)


def test_nothing_is_due(app, database):
    before = app.value("token")
    assert app.shield("--due", "--yes") == (0, "", "no secrets are due\n")
    assert app.value("token") == before


def test_rotates_all_due_secrets(app, database, in_61_days):
    before = {
        name: app.value(name)
        for name in ("token", "database-credentials", "stripe-secret-key", "never")
    }
    code, _, err = app.shield("--due", "--yes")
    assert (code, err.splitlines()[-1]) == (0, "2 of 2 due secrets rotated")
    assert [name for name, value in before.items() if app.value(name) == value] == [
        "stripe-secret-key",
        "never",
    ]
    assert database()


def test_due_continues_after_an_error(app, database, in_61_days):
    app.write(old='sslmode = "disable"', new='sslmode = "require"')
    before = app.value("token")
    code, _, err = app.shield("--due", "--yes")
    assert code == 2
    assert "1 of 2 due secrets rotated\nerror: setSecret: PostgreSQL rejected the connection" in err
    assert app.value("token") != before
    code, _, err = app.shield("--due", "--yes")
    assert code == 1
    assert (
        "database-credentials has a pending rotation: "
        "run shield rotate --resume database-credentials" in err
    )


@pytest.mark.parametrize("value", ["[" * 60_000, '{"port":1e999}', "null"])
def test_due_continues_after_an_invalid_secret(app, database, in_61_days, value):
    app.client.put_secret_value(SecretId="database-credentials", SecretString=value)
    before = app.value("token")
    code, _, err = app.shield("--due", "--yes")
    assert code == 2
    assert "1 of 2 due secrets rotated\nerror: createSecret: " in err
    assert app.value("token") != before


def test_due_continues_after_an_aws_error(app, database, in_61_days, monkeypatch):
    before = app.value("token")
    with FaultProxy(os.environ["AWS_ENDPOINT_URL"]) as proxy:
        proxy.answer("DescribeSecret", "AccessDeniedException")
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        code, _, err = app.shield("--due", "--yes")
    assert code == 5
    assert "database-credentials: " in err
    assert "1 of 1 due secret rotated\nerror: " in err
    assert app.value("token") != before


def test_due_lists_manual_rotations(app, in_61_days):
    app.write(every="62 days", old='"90 days"', new='"9 days"')
    code, _, err = app.shield("--due")
    assert code == 1
    assert err.splitlines() == [
        "stripe-secret-key is due for manual rotation: run shield rotate stripe-secret-key",
        "0 of 1 due secret rotated",
    ]
    assert (
        "stripe-secret-key is due for manual rotation: run shield rotate stripe-secret-key"
        in app.shield("--status")[1]
    )


def test_status(app):
    app.begin("token")
    code, out, _ = app.shield("--status")
    assert code == 0
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[1:5]] == [
        "database-credentials",
        "django-secret-key",
        "token",
        "stripe-secret-key",
    ]
    assert lines[1].endswith("-           -           hand     not in AWS")
    assert lines[2].endswith("hand     no schedule")
    assert lines[3].endswith("shield   pending")
    assert lines[4].endswith("hand     ok")
    assert "  shield rotate --resume token" in lines
    code, out, _ = app.shield("--status", "--json", "token")
    (one,) = json.loads(out)["secrets"]
    assert one["state"] == "pending"
    assert one["pending"] in out
    assert app.value("token") not in out
    assert app.shield("--status", "never")[1].count("no schedule") == 1


def test_status_reports_an_unknown_engine(app, database):
    app.write(old='strategy = "postgres-single-user"', new='strategy = "single-user"')
    text = " ".join(app.shield("--status")[1].split())
    assert (
        "database-credentials can't be rotated: the database engine is unknown: "
        "set rotate.engine in shield.toml" in text
    )
    app.write()
    assert "can't be rotated" not in app.shield("--status")[1]


def test_cancel(app):
    app.begin("token")
    old = app.value("token")
    assert "); the current value is unchanged" in app.shield("--cancel", "token")[2]
    assert app.shield("--cancel", "token")[2] == "token: no rotation is pending\n"
    assert app.shield("token", "--yes")[0] == 0
    assert app.value("token") != old


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            [], "no secret given\n\nhint: name one of database-credentials, django", id="no name"
        ),
        pytest.param(
            ["unknown"],
            "shield.toml does not define the secret unknown\n\nhint: it defines database",
            id="unknown",
        ),
        pytest.param(
            ["database-credential"], 'hint: did you mean "database-credentials"?', id="misspelled"
        ),
        pytest.param(["token", "--due", "--status"], "are mutually exclusive", id="two at once"),
        pytest.param(
            ["token"], "confirmation required, but stdin is not a terminal", id="no confirmation"
        ),
        pytest.param(
            ["token", "--resume", "--yes"],
            "no rotation of token is pending",
            id="nothing to resume",
        ),
        pytest.param(
            ["database-credentials", "--yes"],
            "is not in AWS\n\nhint: shield apply creates it",
            id="no secret",
        ),
        pytest.param(
            ["database-credentials", "--cancel"], "is not in AWS", id="no secret to cancel"
        ),
    ],
)
def test_invalid_arguments(app, arguments, message):
    before = {name: app.value(name) for name in ("token", "never")}
    code, out, err = app.shield(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert before == {name: app.value(name) for name in ("token", "never")}


def test_no_secret_to_name(app):
    (app.folder / "shield.toml").write_text('[app]\nname = "shop"\n')
    assert app.shield()[2] == (
        "error: no secret given\n\nhint: name a secret of shield.toml, or use --due or --status\n"
    )


def test_quotes_the_folder_for_the_next_command(aws, tmp_path, capsys):
    folder = tmp_path / "my shop"
    folder.mkdir()
    assert App(folder, capsys).shield("--status")[2] == f"Add --app '{folder}' to shield rotate.\n"


def test_no_manifest(tmp_path, capsys):
    assert main(["rotate", "--app", str(tmp_path)]) == 2
    assert "no shield.toml in" in capsys.readouterr().err


def published(app):
    assert app.shield("--status", "--publish")[0] == 0
    client = boto3.client("cloudwatch")
    today = datetime.now(UTC)
    points = client.get_metric_statistics(
        Namespace="ShieldAI/shop", MetricName="SecretRotationOverdueDays", Period=3600, Statistics=["Maximum"],
        StartTime=today - timedelta(hours=1), EndTime=today + timedelta(hours=1),
    )["Datapoints"]  # fmt: skip
    client.close()
    return max(point["Maximum"] for point in points)


def test_publish_without_overdue_secrets(app):
    assert published(app) == 0


def test_publish_with_overdue_secrets(app, in_61_days):
    assert published(app) == pytest.approx(1.0, abs=0.01)


def test_publish_requires_status_of_all_secrets(app):
    code, _, err = app.shield("--publish", "token")
    assert code == 2
    assert "--publish requires --status without secret names" in err


@pytest.mark.parametrize("command", [("rotate", "--status"), ("run", "--", "true")])
def test_a_folder_inside_the_app_is_no_app(tmp_path, command):
    make_app(tmp_path)
    assert run("draft", cwd=tmp_path).code == 0
    done = run(*command, cwd=tmp_path / "shop")
    assert (done.code, done.out) == (2, "")
    assert "is inside another app" in done.err
    assert "run shield in .." in done.err
