"""MySQL and MariaDB through PyMySQL: logins, the lock, accounts.

MariaDB gets the password's hash, made by the client. MySQL's own hash can't be set by the user itself, so that MySQL
gets the password as it is, within the verified TLS; it keeps it out of its logs (unless started with --log-raw).
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .errors import DatabaseError, LoginRefusedError, SetupError
from .tls import context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .document import Login

PORT = 3306
CONNECT, ANSWER = 5, 40  # seconds; an answer may wait for the lock
LOCK_WAIT = 20
SETUP = (
    "SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION', SESSION sql_quote_show_create = 1,"
    # a function that was frozen must not keep the lock
    " SESSION wait_timeout = 90, SESSION lock_wait_timeout = 20"
)
ACCESS_DENIED = 1045


class MysqlSession:
    """A connection that is logged in."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._is_mariadb: bool | None = None

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement; `%s` in it stands for a value, which the driver quotes."""
        # the driver is needed for this kind of secret alone
        from pymysql import Error

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return list(cursor.fetchall())
        except (Error, OSError) as error:
            raise DatabaseError("MySQL refused a statement", str(code(error))) from None

    def close(self) -> None:
        """End it, and with it the lock."""
        with suppress(Exception):  # it may be dead already
            self._connection.close()

    @contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Hold the lock of a name."""
        lock = "shield." + hashlib.sha256(key.encode()).hexdigest()[:48]
        if self.run("SELECT GET_LOCK(%s, %s)", lock, LOCK_WAIT)[0][0] != 1:
            raise DatabaseError("another rotation of this secret holds the lock")
        try:
            yield
        finally:
            with suppress(DatabaseError):
                self.run("SELECT RELEASE_LOCK(%s)", lock)

    @property
    def is_mariadb(self) -> bool:
        """Whether the server is MariaDB, and not MySQL."""
        if self._is_mariadb is None:
            self._is_mariadb = "mariadb" in str(self.run("SELECT VERSION()")[0][0]).lower()
        return self._is_mariadb

    def set_own_password(self, login: Login) -> None:
        """Change the password of the account that is logged in to this one; its plugin stays."""
        if self.is_mariadb:
            self.run("SET PASSWORD = %s", native_hash(login.password))
        else:
            self.run("ALTER USER USER() IDENTIFIED BY %s", login.password)

    def set_password(self, user: str, host: str, password: str) -> None:
        """Change the password of an account."""
        if self.is_mariadb:
            self.run("SET PASSWORD FOR %s@%s = %s", user, host, native_hash(password))
        else:
            self.run("ALTER USER %s@%s IDENTIFIED BY %s", user, host, password)


def connect(login: Login) -> MysqlSession:
    """Log in.

    Raises:
        LoginRefusedError: The server refuses this password.
        DatabaseError: Anything else, an unreachable server included.
    """
    import pymysql

    tls = context(login)
    options: dict[str, Any] = {"ssl": tls} if tls else {"ssl_disabled": True}
    try:
        connection = pymysql.connect(
            user=login.username,
            password=login.password.encode(),  # a str would be sent as Latin-1
            host=login.host,
            port=login.port,
            database=login.database or None,
            connect_timeout=CONNECT,
            read_timeout=ANSWER,
            write_timeout=CONNECT,
            autocommit=True,
            init_command=SETUP,
            **options,
        )
    except (pymysql.Error, OSError, ValueError, RuntimeError) as error:
        number = code(error)
        if number == ACCESS_DENIED:
            raise LoginRefusedError("MySQL refused user and password", str(number)) from None
        raise DatabaseError("MySQL does not let us in", str(number)) from None
    return MysqlSession(connection)


def code(error: BaseException) -> int | str:
    """Return the server's number for an error, else its type."""
    number = error.args[0] if error.args else None
    return number if isinstance(number, int) else type(error).__name__


def name(identifier: str) -> str:
    """Quote a name."""
    if not identifier or "\0" in identifier:
        raise SetupError("a name in MySQL is not empty and holds no NUL character")
    return "`" + identifier.replace("`", "``") + "`"


def native_hash(password: str) -> str:
    """Make the hash of `mysql_native_password`: what the server keeps, and nothing that logs in."""
    inner = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()
