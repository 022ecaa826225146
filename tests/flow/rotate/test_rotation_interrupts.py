"""An interrupted rotation never locks the app out, if the user follows what shield prints."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading

import boto3
import psycopg
import pytest

from shield_ai.__main__ import main
from shield_ai.flow.interruption import SIGNALS, InterruptedAfterRotationError, collected_signals
from shield_ai.flow.rotate import rotation_driver
from shield_ai.flow.rotate.rotation_driver import Progress, pending_version, run_rotation
from shield_ai.flow.rotate.rotation_logins import VersionLogins
from shield_ai.flow.verify.db_login import LoginAttempt, LoginResult
from shield_ai.model.hidden import Hidden
from shield_ai.model.rotation_status import LivePassword

NAME = "database-credentials"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
MANIFEST = """\
[app]
name = "shop"
settings = ["settings.py"]

[[secret]]
name = "database-credentials"
kind = "database"
fields = { username = "DB_USER", password = "DB_PASSWORD", host = "DB_HOST", port = "DB_PORT", database = "DB_NAME" }
rotate = { every = "30 days", strategy = "postgres-single-user", sslmode = "disable" }
"""
SETTINGS = {"ROTATION_STRATEGY": "postgres-single-user", "ROTATION_SSLMODE": "disable"}
# Runs shield in a process that signals itself after or before a step.
CHILD = """\
import os, signal, sys
from shield_ai.flow.rotate import rotation_driver
from shield_ai.__main__ import main
step, moment, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
real = rotation_driver.run_step
def run_step(store, name, *arguments, **options):
    if name == step and moment == "before":
        os.kill(os.getpid(), number)
    real(store, name, *arguments, **options)
    if name == step and moment == "after":
        os.kill(os.getpid(), number)
rotation_driver.run_step = run_step
sys.exit(main(sys.argv[4:]))
"""


# Sends itself a signal while it writes the line of setSecret: the stream is locked meanwhile.
WRITER = """\
import io, os, signal, sys
class Raw(io.RawIOBase):
    def writable(self):
        return True
    def fileno(self):
        return 2
    def write(self, data):
        if b"setSecret" in bytes(data):
            os.kill(os.getpid(), int(sys.argv[1]))
        return os.write(2, data)
sys.stderr = io.TextIOWrapper(io.BufferedWriter(Raw()), write_through=True)
from shield_ai.__main__ import main
sys.exit(main(sys.argv[2:]))
"""


class App:
    """An app whose only secret is the login of a real PostgreSQL user."""

    def __init__(self, folder, postgres, capsys):
        self.folder, self.postgres, self.capsys = folder, postgres, capsys
        self.client = boto3.client("secretsmanager")
        (folder / "shield.toml").write_text(MANIFEST)
        (folder / "settings.py").write_text("SECRET_KEY = 1\n")
        self.user = "shop_" + secrets.token_hex(4)
        password = Hidden(secrets.token_urlsafe(12))
        postgres.create_role_and_database(self.user, password, self.user)
        place = {"host": postgres.host, "port": str(postgres.port), "database": self.user}
        document = {"username": self.user, "password": password.reveal(), **place}
        self.client.create_secret(Name=NAME, SecretString=json.dumps(document))

    def works(self, stage="AWSCURRENT"):
        text = self.client.get_secret_value(SecretId=NAME, VersionStage=stage)["SecretString"]
        password = Hidden(json.loads(text)["password"])
        try:
            self.postgres.connect(self.user, self.user, password).close()
        except psycopg.OperationalError:
            return False
        return True

    def shield(self, command):
        """Run a command line as shield prints it."""
        words = command.split()
        assert words[0] == "shield"
        code = main([*words[1:], "--app", str(self.folder), "--yes"])
        out = self.capsys.readouterr()
        return code, " ".join((out.out + out.err).split())

    def signal(self, step, number, moment="after", command=("rotate", NAME)):
        """Run shield in a child process that signals itself at a step."""
        return subprocess.run(
            [sys.executable, "-c", CHILD, step, moment, str(int(number)), *command,
             "--app", str(self.folder), "--yes"],
            capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ),
        )  # fmt: skip

    def remove(self):
        with self.postgres.connect() as superuser:
            superuser.execute(f"DROP DATABASE {self.user} WITH (FORCE)")
            superuser.execute(f"DROP ROLE {self.user}")


@pytest.fixture(autouse=True)
def default_hangup():
    """Undo `nohup`, which makes this process and its children ignore SIGHUP."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def app(aws, postgres, tmp_path, capsys):
    app = App(tmp_path, postgres, capsys)
    yield app
    app.remove()


def commands(text):
    """Return the commands that shield prints."""
    return re.findall(r"shield \w+ (?:--resume |--cancel |--status )?[\w-]+", text)


POINTS = [(step, moment) for step in STEPS for moment in ("before", "after")]


@pytest.mark.parametrize(("step", "moment"), POINTS)
def test_killed_rotation_recovers_with_the_advised_command(app, step, moment):
    ended = app.signal(step, signal.SIGKILL, moment)
    assert ended.returncode == -signal.SIGKILL
    status = app.shield("shield rotate --status")[1]
    text = app.shield(f"shield rotate {NAME}")[1]
    if pending_version(app.client, NAME):
        assert "is pending already" in text
        is_live = not app.works()
        assert is_live == ((step, moment) in POINTS[3:7])
        assert ("only the pending password works" in text) == is_live
        assert ("only the pending password works" in status) == is_live
        for advised in (text, status):
            assert any("--resume" in command for command in commands(advised))
            assert is_live == (not any("--cancel" in command for command in commands(advised)))
        assert app.shield(commands(text)[0])[0] == 0
    assert app.works()
    assert pending_version(app.client, NAME) is None
    assert app.shield(f"shield rotate {NAME}")[0] == 0
    assert app.works()


@pytest.mark.parametrize("step", STEPS[:3])
def test_cancel_never_locks_the_app_out(app, step):
    app.signal(step, signal.SIGKILL)
    code, text = app.shield(f"shield rotate --cancel {NAME}")
    if step == "createSecret":
        assert (code, "the current value is unchanged" in text) == (0, True)
    else:
        assert code == 2
        assert "can't be canceled: only the pending password works" in text
        assert commands(text) == [f"shield rotate --resume {NAME}"]
        assert app.shield(commands(text)[0])[0] == 0
    assert app.works()


def test_an_interrupt_at_the_end_names_the_env_file(app):
    (app.folder / ".env").write_text("DB_PASSWORD=old\n")
    ended = app.signal("finishSecret", signal.SIGINT)
    assert ".env still has the old value: shield pull --env-file .env" in ended.stderr
    assert ended.returncode == 130


def test_cancel_without_a_connection(app, monkeypatch):
    """Without a terminal and --yes, a rotation that may be live is not canceled."""
    app.signal("setSecret", signal.SIGKILL)
    text = (app.folder / "shield.toml").read_text()
    (app.folder / "shield.toml").write_text(text.replace('"disable"', '"verify-full"'))
    text = " ".join(app.shield("shield rotate --status")[1].split())
    assert "could not test which password works" in text
    assert f"shield rotate --resume {NAME}, which tells the reason, such as TLS" in text
    assert main(["rotate", "--cancel", NAME, "--app", str(app.folder)]) == 2
    err = app.capsys.readouterr().err
    assert "canceling locks the app out" in err
    assert "confirmation required" in err
    assert pending_version(app.client, NAME)


def test_verify_says_which_password_works(app):
    app.signal("setSecret", signal.SIGKILL)
    main(["verify", "--only", "aws", str(app.folder)])
    text = " ".join(app.capsys.readouterr().out.split())
    assert "only the pending password works" in text
    assert f"shield rotate --resume {NAME}" in text


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("step", STEPS[1:])
def test_signals_wait_for_the_end_of_the_rotation(app, step, number):
    ended = app.signal(step, number, "before")
    assert ended.returncode == 130
    assert "(interrupt received: shield exits after finishSecret)" in ended.stderr
    assert f"interrupted by {number.name} after the rotation" in ended.stderr
    assert "finishSecret" in ended.stderr.rpartition("new value is AWSCURRENT")[0]
    assert "rollback" not in ended.stderr
    assert "failed" not in ended.stderr
    assert app.works()
    assert pending_version(app.client, NAME) is None


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_signal_during_a_write_does_not_stop_the_rotation(app, number):
    command = ["rotate", NAME, "--app", str(app.folder), "--yes"]
    ended = subprocess.run(
        [sys.executable, "-c", WRITER, str(int(number)), *command],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 130, ended.stderr
    assert "(interrupt received: shield exits after finishSecret)" in ended.stderr
    assert pending_version(app.client, NAME) is None
    assert app.works()


def test_a_terminal_that_disappears_does_not_stop_the_rotation(app):
    def on_step(step):
        if step in STEPS[1:]:
            raise OSError(errno.EIO, "the terminal is gone")

    run_rotation(app.client, NAME, environ=SETTINGS, progress=Progress(on_step))
    assert pending_version(app.client, NAME) is None
    assert app.works()


def test_an_unexpected_error_names_the_command_that_finishes_the_rotation(app, monkeypatch):
    real = rotation_driver.run_step

    def fail_after_set_secret(store, name, *arguments, **options):
        if name == "testSecret":
            raise ZeroDivisionError
        real(store, name, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(rotation_driver, "run_step", fail_after_set_secret)
        code, text = app.shield(f"shield rotate {NAME}")
    assert (code, "internal error: ZeroDivisionError" in text) == (3, True)
    assert app.shield(commands(text)[0])[0] == 0
    assert app.works()


def test_interrupt_before_set_secret(app):
    ended = app.signal("createSecret", signal.SIGINT)
    assert ended.returncode == 130
    assert "the current value of database-credentials is unchanged" in ended.stderr
    assert "rollback" not in ended.stderr
    assert app.works()
    text = app.shield(commands(ended.stderr)[0])[1]
    assert app.shield(next(c for c in commands(text) if "--resume" in c))[0] == 0
    assert app.works()


def test_deferral_in_the_driver(app):
    told = []
    steps = []

    def on_step(step):
        steps.append(step)
        if step == "testSecret":
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(
        InterruptedAfterRotationError, match="interrupted by SIGINT after the rotation"
    ):
        run_rotation(
            app.client, NAME, environ=SETTINGS, progress=Progress(on_step, lambda: told.append(1))
        )
    assert (steps, told) == (list(STEPS), [1])
    assert app.works()


def test_restores_signal_handlers():
    before = [signal.getsignal(number) for number in SIGNALS]
    told = []
    with collected_signals(lambda: told.append(1)) as received:
        for number in (*SIGNALS, signal.SIGINT):
            os.kill(os.getpid(), number)
    assert received == [*(number.name for number in SIGNALS), "SIGINT"]
    assert told == [1]
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with collected_signals(lambda: None) as received:
            os.kill(os.getpid(), signal.SIGHUP)
        assert received == []
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_have_no_signals_to_defer():
    seen = []

    def run():
        with collected_signals(lambda: None) as received:
            seen.append(received)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [[]]


OK, REFUSED, UNTRIED, NO_TLS = (
    LoginAttempt(result)
    for result in (LoginResult.OK, LoginResult.REFUSED, LoginResult.UNTRIED, LoginResult.NO_TLS)
)


@pytest.mark.parametrize(
    ("current", "pending", "previous", "live"),
    [
        (OK, REFUSED, REFUSED, LivePassword.CURRENT),
        (OK, OK, OK, LivePassword.CURRENT),
        (REFUSED, OK, REFUSED, LivePassword.PENDING),
        (REFUSED, REFUSED, OK, LivePassword.PREVIOUS),
        (REFUSED, REFUSED, None, LivePassword.NONE),
        (REFUSED, None, None, LivePassword.NONE),
        (REFUSED, REFUSED, REFUSED, LivePassword.NONE),
        (REFUSED, UNTRIED, None, LivePassword.UNKNOWN),
        (REFUSED, REFUSED, UNTRIED, LivePassword.UNKNOWN),
        (REFUSED, NO_TLS, NO_TLS, LivePassword.UNKNOWN),
        (UNTRIED, UNTRIED, None, LivePassword.UNKNOWN),
        (None, UNTRIED, None, LivePassword.UNKNOWN),
    ],
)
def test_live_password(current, pending, previous, live):
    assert VersionLogins(current=current, pending=pending, previous=previous).live is live


def test_rollback_keeps_a_secret_while_its_pending_password_is_the_live_one(app):
    """A rollback would delete the only password that works."""
    document = json.loads(app.client.get_secret_value(SecretId=NAME)["SecretString"])
    app.client.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    names = {"username": "USER", "database": "NAME"}
    lines = [f"DB_{names.get(field, field.upper())}={text}" for field, text in document.items()]
    (app.folder / ".env").write_text("\n".join(lines) + "\n")
    folder = str(app.folder)
    assert main(["apply", "--only", "aws", "--env-file", f"{folder}/.env", "--yes", folder]) == 0
    assert app.works()
    app.signal("setSecret", signal.SIGKILL)
    app.capsys.readouterr()
    assert main(["rollback", "--only", "aws", "--yes", folder]) == 6
    text = " ".join(app.capsys.readouterr().err.split())
    assert "its rotation is pending, and only the pending password works" in text
    assert commands(text)[0] == f"shield rotate --resume {NAME}"
    assert not app.works()
    assert app.shield(commands(text)[0])[0] == 0
    assert app.works()


def test_yes_does_not_cancel_what_may_be_live(app):
    """Without the database, nobody knows which password works, and --yes is for scripts."""
    document = json.loads(app.client.get_secret_value(SecretId=NAME)["SecretString"])
    value = json.dumps({**document, "engine": "postgres", "port": "1"})
    app.client.put_secret_value(SecretId=NAME, SecretString=value)
    app.signal("createSecret", signal.SIGKILL)
    code, text = app.shield(f"shield rotate --cancel {NAME}")
    assert code == 2
    assert f"error: --yes does not cancel the rotation of {NAME}" in text
    assert pending_version(app.client, NAME)


def without_rotate(text):
    return text.replace("rotate = ", "# rotate = ")


def without_secret(text):
    return text.partition("[[secret]]")[0]


@pytest.mark.parametrize("change", [without_rotate, without_secret])
@pytest.mark.parametrize("engine", [{"engine": "postgres"}, {}], ids=["engine", "no engine"])
def test_a_changed_manifest_does_not_hide_the_pending_password(app, change, engine):
    """Whether a secret is a login follows from its value in AWS."""
    document = json.loads(app.client.get_secret_value(SecretId=NAME)["SecretString"])
    app.client.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    names = {"username": "USER", "database": "NAME"}
    lines = [f"DB_{names.get(field, field.upper())}={text}" for field, text in document.items()]
    (app.folder / ".env").write_text("\n".join(lines) + "\n")
    folder = str(app.folder)
    assert main(["apply", "--only", "aws", "--env-file", f"{folder}/.env", "--yes", folder]) == 0
    value = json.dumps({**document, **engine, "sslmode": "disable"})
    app.client.put_secret_value(SecretId=NAME, SecretString=value)
    app.signal("setSecret", signal.SIGKILL)
    manifest = app.folder / "shield.toml"
    manifest.write_text(change(manifest.read_text()))
    app.capsys.readouterr()
    assert main(["rollback", "--only", "aws", "--yes", folder]) == 6
    assert "its rotation is pending, and " in " ".join(app.capsys.readouterr().err.split())
    if change is without_rotate:
        assert app.shield(f"shield rotate --cancel {NAME}")[0] == 2
    assert app.works("AWSPENDING")
    assert pending_version(app.client, NAME)


def test_advice_names_the_environment(app, capsys):
    """Without the option, the advised command would resume the rotation of another secret."""
    text = MANIFEST.replace(
        "[[secret]]", '[environments.staging]\nprefix = "staging/"\n\n[[secret]]', 1
    )
    (app.folder / "shield.toml").write_text(text)
    value = app.client.get_secret_value(SecretId=NAME)["SecretString"]
    app.client.create_secret(Name=f"staging/{NAME}", SecretString=value)
    # with the same login, a rotation would be refused
    app.client.put_secret_value(SecretId=NAME, SecretString="{}")
    command = ("rotate", NAME, "--environment", "staging")
    app.signal("setSecret", signal.SIGKILL, command=command)
    assert main([*command, "--app", str(app.folder), "--yes"]) == 2
    err = " ".join(capsys.readouterr().err.split())
    options = f"--app {app.folder} --environment staging"
    assert f"hint: run shield rotate --resume {NAME}; add {options} to shield rotate" in err
    assert main(["rotate", "--status", *options.split()]) == 0
    assert f"Add {options} to shield rotate." in capsys.readouterr().err
    assert main(["rotate", NAME, "--resume", *options.split(), "--yes"]) == 0
    assert pending_version(app.client, f"staging/{NAME}") is None
    app.client.delete_secret(SecretId=f"staging/{NAME}", ForceDeleteWithoutRecovery=True)
