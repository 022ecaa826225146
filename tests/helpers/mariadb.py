"""Start a MariaDB server, if it is installed."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql

from shield_ai.sandbox.emulator.supervised import SupervisedProcess
from shield_ai.sandbox.postgres import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Mariadb:
    host = "127.0.0.1"

    def __init__(self, port: int, password: str, folder: Path) -> None:
        self.port, self.password, self.folder = port, password, folder
        self.stop: Callable[[], None]
        self.start: Callable[[], Mariadb]  # restarts a stopped server

    @property
    def log(self) -> bytes:
        return (self.folder / "general.log").read_bytes()

    def connect(self, user: str = "root", password: str | None = None, database: str | None = None):
        return pymysql.connect(
            host=self.host, port=self.port, user=user, password=(self.password if password is None else password).encode(),
            database=database, autocommit=True, connect_timeout=10, ssl_disabled=True,
        )  # fmt: skip

    def run(self, statement: str, *values: object):
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall()


def installed() -> bool:
    return bool(shutil.which("mariadbd") and shutil.which("mariadb-install-db"))


@contextmanager
def running() -> Iterator[Mariadb]:
    # the server's account requires access to the folder
    folder = Path(tempfile.mkdtemp(prefix="shield-my-", dir="/tmp"))
    account = None
    if os.geteuid() == 0:
        entry = pwd.getpwnam("mysql")
        account = (entry.pw_uid, entry.pw_gid)
        os.chown(folder, *account)
    try:
        install = [
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={folder}/data",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]
        more = ["--user=mysql"] if account else []
        # the caller's temporary folder may be closed to the server's account
        env = {**os.environ, "TMPDIR": str(folder)}
        subprocess.run([*install, *more], check=True, capture_output=True, timeout=120, env=env)
        port = free_port()
        server = [
            *(
                "mariadbd",
                "--no-defaults",
                f"--datadir={folder}/data",
                f"--port={port}",
                "--bind-address=127.0.0.1",
            ),
            *(
                f"--socket={folder}/socket",
                f"--pid-file={folder}/pid",
                "--skip-name-resolve",
                "--innodb-flush-log-at-trx-commit=0",
            ),
            *("--general-log", f"--general-log-file={folder}/general.log", *more),
        ]
        env = {"PATH": os.environ["PATH"] + ":/usr/sbin"}
        with contextlib.ExitStack() as stack:

            def start(password: str) -> Mariadb:
                child = SupervisedProcess(
                    "MariaDB", [server], log=folder / "server.log", env=env, user=account
                )
                stack.enter_context(child)
                made = Mariadb(port, password, folder)
                child.wait_until(lambda: answers(made), 60)
                made.stop, made.start = child.stop, lambda: start(password)
                return made

            first = start("")
            password = secrets.token_hex(12)
            first.run("SET PASSWORD = PASSWORD(%s)", password)
            made = Mariadb(port, password, folder)
            made.stop, made.start = first.stop, lambda: start(password)
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def answers(server: Mariadb) -> bool | None:
    try:
        server.connect().close()
    except pymysql.OperationalError:
        return None
    return True
