from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest
from processes import all_gone, with_descendants

from shield_ai.model.errors import ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.sandbox import LocalPostgres, binaries
from shield_ai.sandbox import postgres as module

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="requires root")
INSTALLED = [path for path in binaries.installed_folders() if binaries.has_working_server(path)]


def name() -> str:
    return f"t_{secrets.token_hex(6)}"


def password() -> Hidden:
    return Hidden(secrets.token_urlsafe(16))


def one(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query).fetchone()
    assert row
    return row[0]


def test_role_logs_into_its_database(postgres: LocalPostgres) -> None:
    user, secret, database = name(), password(), name()
    postgres.create_role_and_database(user, secret, database)
    with postgres.connect(database, user, secret) as connection:
        assert (
            one(connection, "SELECT current_user || '@' || current_database()")
            == f"{user}@{database}"
        )
        connection.execute("CREATE TABLE mine (id int)")
    with psycopg.connect(postgres.url(user, secret, database).reveal()) as connection:
        assert one(connection, "SELECT count(*) FROM mine") == 0


def test_login_requires_the_password(postgres: LocalPostgres) -> None:
    user, secret = name(), password()
    postgres.create_role(user, secret)
    for who, wrong in [(user, password()), ("postgres", password()), (user, Hidden(""))]:
        with pytest.raises(
            psycopg.OperationalError, match=r"password authentication failed|no password supplied"
        ):
            postgres.connect("postgres", who, wrong)


def test_logins_use_scram(postgres: LocalPostgres) -> None:
    user = name()
    postgres.create_role(user, password())
    with postgres.connect() as connection:
        methods = connection.execute(
            "SELECT DISTINCT auth_method FROM pg_hba_file_rules"
        ).fetchall()
        assert methods == [("scram-sha-256",)]
        stored = connection.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname IN (%s, 'postgres')", [user]
        )
        assert [row[0].split("$")[0] for row in stored] == ["SCRAM-SHA-256"] * 2
        assert one(connection, "SHOW listen_addresses") == "127.0.0.1"
        assert one(connection, "SHOW unix_socket_directories") == ""


def test_role_is_a_member_of_groups(postgres: LocalPostgres) -> None:
    owner, reader, secret, database = name(), name(), password(), name()
    postgres.create_role_and_database(owner, secret, database)
    postgres.create_role(reader, secret, member_of=["pg_read_all_data"])
    with postgres.connect(database, owner, secret) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS id")
    with postgres.connect(database, reader, secret) as connection:
        assert one(connection, "SELECT id FROM t") == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO t VALUES (2)")


def test_names_are_quoted(postgres: LocalPostgres) -> None:
    user, secret, database = f'{name()}" SUPERUSER --', Hidden("p'\"@/:%"), f'{name()}"; --'
    postgres.create_role_and_database(user, secret, database)
    with psycopg.connect(postgres.url(user, secret, database).reveal()) as connection:
        assert (
            one(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        )
        assert one(connection, "SELECT current_database()") == database


def test_passwords_are_not_visible(postgres: LocalPostgres) -> None:
    user, secret = name(), password()
    with postgres.connect() as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
    postgres.create_role(user, secret)
    with postgres.connect() as connection:
        connection.execute("ALTER SYSTEM RESET log_statement")
        connection.execute("SELECT pg_reload_conf()")
    log = postgres.log_path.read_text()
    argv = "\n".join(
        " ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])
    )
    assert f'CREATE ROLE "{user}"' in log
    for hidden in (secret, postgres.password):
        assert hidden.reveal() not in log
        assert hidden.reveal() not in argv
        assert hidden.reveal() not in repr(vars(postgres))
    assert str(postgres.port) in argv
    assert not list(postgres.log_path.parent.parent.glob("password"))


def test_two_at_once(postgres: LocalPostgres) -> None:
    user, secret = name(), password()
    with LocalPostgres.start() as other:
        assert other.port != postgres.port
        other.create_role(user, secret)
        with other.connect("postgres", user, secret), pytest.raises(psycopg.OperationalError):
            postgres.connect("postgres", user, secret)


def test_removes_processes_and_files() -> None:
    with LocalPostgres.start() as server, server.connect():
        pids = with_descendants(server.supervisor_pid)
        scratch = server.log_path.parent.parent
        assert server.pid in pids
        assert scratch.exists()
        assert stat_mode(server.log_path.parent) == 0o700
    assert all_gone(pids)
    assert not scratch.exists()


def stat_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def place() -> object:
    """A new folder that other users can access, unlike pytest's."""
    with tempfile.TemporaryDirectory(prefix="shield-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_keeps_data_in_a_given_folder(place: Path) -> None:
    folder = place / "deep" / "pg"
    with LocalPostgres.start(folder) as server:
        assert server.log_path.parent == folder
    assert (folder / "data" / "PG_VERSION").exists()
    assert "database system is shut down" in server.log_path.read_text()
    assert sorted(path.name for path in folder.iterdir()) == ["data", "postgres.log"]
    with pytest.raises(ShieldError, match="is not empty"):
        LocalPostgres.start(folder)


@pytest.mark.parametrize("is_kept", [False, True], ids=["temporary folder", "given folder"])
def test_tries_another_port(place: Path, monkeypatch: pytest.MonkeyPatch, *, is_kept: bool) -> None:
    folder = place / "pg" if is_kept else None
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [taken.getsockname()[1], module.free_port()]
        monkeypatch.setattr(module, "free_port", lambda: ports.pop(0))
        with LocalPostgres.start(folder) as server:
            assert server.port != taken.getsockname()[1]
    assert ports == []


def test_gives_up_when_every_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(module, "free_port", lambda: taken.getsockname()[1])
        monkeypatch.setattr(module, "ATTEMPTS", 2)
        with pytest.raises(ShieldError, match="exited during startup"):
            LocalPostgres.start()


def test_server_does_not_start(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("initdb", "postgres"):
        (place / program).write_text("#!/bin/sh\necho no space left >&2\nexit 1\n")
        (place / program).chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with pytest.raises(ShieldError, match="exited during startup") as error:
        LocalPostgres.start(binaries=place)
    assert error.value.hint == "last log line: no space left"
    assert not list(place.glob("shield-pg-*"))


@pytest.mark.skipif(not INSTALLED, reason="no PostgreSQL installed on this machine")
def test_runs_an_installed_server() -> None:
    with LocalPostgres.start(binaries=INSTALLED[0]) as server, server.connect() as connection:
        installed = subprocess.run(
            [INSTALLED[0] / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        assert str(one(connection, "SHOW server_version")) in installed.stdout
        with pytest.raises(psycopg.OperationalError):
            server.connect(password=password())


def test_psycopg_is_missing(postgres: LocalPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ShieldError, match="psycopg is not installed"):
        postgres.connect()


RUN = """
import os
from shield_ai.sandbox import LocalAws, LocalPostgres
with LocalAws.start() as aws, LocalPostgres.start() as pg, pg.connect() as connection:
    owner = os.stat(pg.log_path.parent).st_uid
    print(os.geteuid(), owner, connection.execute("SELECT 1").fetchone()[0])
"""


@ROOT
def test_folder_is_not_accessible_to_the_server(tmp_path: Path) -> None:
    with pytest.raises(ShieldError, match="other users can't access"):
        LocalPostgres.start(tmp_path / "pg")


def python_for_all() -> str | None:
    """Return an interpreter of this Python version that every user can run."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    places = [sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"]
    return next(
        (
            place
            for place in places
            if Path(place).exists() and binaries.is_accessible_to_all(Path(place))
        ),
        None,
    )


@ROOT
@pytest.mark.skipif(
    python_for_all() is None, reason="no Python of this version that a normal user may run"
)
def test_works_as_a_normal_user() -> None:
    account = binaries.server_user()
    assert account
    # That user can read the modules and write to /tmp.
    env = {
        "PATH": os.environ["PATH"],
        "TMPDIR": "/tmp",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    done = subprocess.run(
        [python_for_all() or "", "-c", RUN],
        user=account[0],
        group=account[1],
        extra_groups=[],
        env=env,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.split() == [str(account[0]), str(account[0]), "1"], done.stderr


@ROOT
def test_works_as_root_from_a_private_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site-packages"
    site.mkdir(mode=0o700)
    found = binaries.find_binaries()
    for source in (found.parents[1], found.parents[1].with_name(f"{binaries.WHEEL}.libs")):
        if source.exists():
            shutil.copytree(source, site / source.name)
    monkeypatch.setattr(tempfile, "tempdir", str(site))
    with (
        LocalPostgres.start(binaries=site / found.relative_to(found.parents[2])) as server,
        server.connect() as connection,
    ):
        assert re.match(r"\d+", str(one(connection, "SHOW server_version")))
        assert not server.log_path.is_relative_to(site)
        assert str(psutil.Process(server.pid).exe()).startswith(str(server.log_path.parent.parent))
