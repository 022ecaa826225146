"""The embedded PostgreSQL: a real server on a free loopback port, with SCRAM password logins."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import quote

from shield_ai.model.errors import ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.model.installation import install_command
from shield_ai.sandbox.binaries import (
    accessible_binaries,
    find_binaries,
    is_accessible_to_all,
    server_user,
)
from shield_ai.sandbox.emulator.supervised import ServerProcess, SupervisedProcess

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

HOST = "127.0.0.1"
SUPERUSER = "postgres"
START_TIMEOUT = 60.0  # seconds
ATTEMPTS = 5
# Faster, because the data need not survive a crash.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "50",
    "shared_buffers": "32MB",
}


class LocalPostgres(ServerProcess):
    """A running server. Only this object knows the superuser's password."""

    host = HOST
    superuser = SUPERUSER

    def __init__(self, port: int, password: Hidden, child: SupervisedProcess) -> None:
        self.port = port
        self.password = password
        super().__init__(child)

    @classmethod
    def start(cls, folder: Path | None = None, binaries: Path | None = None) -> Self:
        """Create a database cluster, start a server on it and wait until it accepts connections.

        Args:
            folder: A new or empty folder for data and log, which is kept. None for a temporary one.
            binaries: The folder of `initdb` and `postgres`. None to search for it.

        Raises:
            ShieldError: There is no server, it does not start, or the folder can't be used.
        """
        binaries = binaries or find_binaries()
        for _ in range(ATTEMPTS - 1):
            try:
                return cls._start_once(folder, binaries)
            except _PortTakenError:
                continue
        return cls._start_once(folder, binaries)

    @classmethod
    def _start_once(cls, folder: Path | None, binaries: Path) -> Self:
        user = server_user()
        password = Hidden(secrets.token_urlsafe(24))
        scratch = _make_scratch_folder(user)
        try:
            home = _make_home(folder or scratch / "home", user)
            child, port = _launch(binaries, home, scratch, password, user)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        try:
            child.wait_until(lambda: _is_ready(home / "data"), START_TIMEOUT)
        except ShieldError as error:
            log = child.log_path.read_text(errors="replace")
            child.stop()
            if "could not bind" in log:
                # The next attempt requires an empty folder.
                shutil.rmtree(home / "data", ignore_errors=True)
                child.log_path.unlink(missing_ok=True)
                raise _PortTakenError(error.message) from None
            raise
        except BaseException:
            child.stop()
            raise
        _password_file(scratch).unlink()
        return cls(port, password, child)

    def url(self, user: str, password: Hidden, database: str) -> Hidden:
        """Return the connection URL of a user, with the password."""
        login = f"{quote(user, '')}:{quote(password.reveal(), '')}"
        return Hidden(f"postgres://{login}@{HOST}:{self.port}/{quote(database, '')}")

    def connect(
        self, database: str = SUPERUSER, user: str = SUPERUSER, password: Hidden | None = None
    ) -> psycopg.Connection[Any]:
        """Open a connection with autocommit, by default as the superuser.

        Raises:
            ShieldError: psycopg is not installed.
        """
        try:
            import psycopg
        except ImportError:
            raise ShieldError(
                "psycopg is not installed", f"run {install_command('local')}"
            ) from None
        return psycopg.connect(
            host=HOST,
            port=self.port,
            dbname=database,
            user=user,
            password=(password or self.password).reveal(),
            connect_timeout=10,
            autocommit=True,
        )

    def create_role(self, user: str, password: Hidden, member_of: Sequence[str] = ()) -> None:
        """Create a role that can log in.

        The server receives the password's SCRAM verifier, so that its log can't contain the
        password.
        """
        from psycopg import sql

        name = sql.Identifier(user)
        with self.connect() as connection:
            verifier = connection.pgconn.encrypt_password(
                password.reveal().encode(), user.encode(), b"scram-sha-256"
            )
            create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(create.format(name, sql.Literal(verifier.decode())))
            for group in member_of:
                grant = sql.SQL("GRANT {} TO {}")
                connection.execute(grant.format(sql.Identifier(group), name))

    def create_role_and_database(self, user: str, password: Hidden, database: str) -> None:
        """Create a role and a database that it owns."""
        from psycopg import sql

        self.create_role(user, password)
        create = sql.SQL("CREATE DATABASE {} OWNER {}")
        with self.connect() as connection:
            connection.execute(create.format(sql.Identifier(database), sql.Identifier(user)))


def free_port() -> int:
    """Return a port that is free now; another process may take it before the server does."""
    with socket.create_server((HOST, 0)) as sock:
        port: int = sock.getsockname()[1]
    return port


class _PortTakenError(ShieldError):
    """Another process took the port before the server did."""


def _make_scratch_folder(user: tuple[int, int] | None) -> Path:
    """Create a temporary folder that the server's user can access."""
    parent = None
    # is_accessible_to_all() checks the parents of a path, so the last part does not matter.
    if user and not is_accessible_to_all(Path(tempfile.gettempdir()) / "any"):
        parent = "/tmp"  # noqa: S108  # TMPDIR is not accessible to the server's user
    scratch = Path(tempfile.mkdtemp(prefix="shield-pg-", dir=parent))
    if user:
        os.chown(scratch, *user)
        scratch.chmod(0o711)
    return scratch


def _password_file(scratch: Path) -> Path:
    return scratch / "password"


def _make_home(home: Path, user: tuple[int, int] | None) -> Path:
    """Create the folder for data and log, and give it to the server's user."""
    home = home.absolute()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(home.iterdir()):
        raise ShieldError(f"{home} is not empty", "give a new folder for the database")
    if user:
        if not is_accessible_to_all(home):
            raise ShieldError(
                f"PostgreSQL does not run as root, and other users can't access {home}",
                "give another folder, or run as a normal user",
            )
        os.chown(home, *user)
    return home


def _launch(
    binaries: Path, home: Path, scratch: Path, password: Hidden, user: tuple[int, int] | None
) -> tuple[SupervisedProcess, int]:
    """Start `initdb` and then the server under one supervisor; return the process and the port."""
    if user:
        binaries = accessible_binaries(binaries, scratch)
    password_file = _password_file(scratch)
    password_file.touch(mode=0o600)
    password_file.write_text(password.reveal())
    if user:
        os.chown(password_file, *user)
    port = free_port()
    data = str(home / "data")
    initdb = [
        str(binaries / "initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-locale",
        "--no-sync",
    ]
    server = [str(binaries / "postgres"), "-D", data, "-p", str(port)]
    for name, value in SETTINGS.items():
        server += ["-c", f"{name}={value}"]
    child = SupervisedProcess(
        "the embedded PostgreSQL",
        [initdb, server],
        log=home / "postgres.log",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
        cwd=home,
        user=user,
        stop=signal.SIGINT,  # fast shutdown: closes all connections
        remove=[scratch],
    )
    return child, port


def _is_ready(data: Path) -> Literal[True] | None:
    """Check whether this server accepts connections, by its own PID file; None if not yet.

    A connection attempt could reach another server on the same port.
    """
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
    except OSError:
        return None
    status = lines[7].strip() if len(lines) > 7 else ""  # line 8 of the file
    return True if status == "ready" else None
